package dukpt

import "kassa/card"

// A published vector uses a PAN with a wrong check digit, which card.ParsePAN refuses.

func EncryptPINDigits(key card.Key, pin card.PIN, pan string, fill [8]byte) ([16]byte, error) {
	return encryptPIN(key, pin, pan, fill)
}

func DecryptPINDigits(key card.Key, block [16]byte, pan string) (card.PIN, error) {
	return decryptPIN(key, block, pan)
}
