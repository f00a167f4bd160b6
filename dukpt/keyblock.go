package dukpt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kassa/card"
)

// MaxKeyBlock bounds a key block, in characters.
const MaxKeyBlock = 1024

const (
	keyBlockHeader = 16
	macChars       = 2 * aes.BlockSize
	ikidChars      = 16
	optionalHead   = 4 // id and length, two characters each
)

// ErrKeyBlock tells that a key block is not whole, or not made under this protection key.
var ErrKeyBlock = errors.New("dukpt: key block does not open")

// KeyBlock is a key with what it may be used for (TR-31, ANSI X9.143).
type KeyBlock struct {
	Usage     string // two characters: B0 BDK, B1 initial DUKPT key, P0 PIN, M6 MAC (CMAC), D0 data, …
	Algorithm string // one character: A AES, T TDES
	Mode      string // one character: B both ways, E encrypt, X derive, C MAC both ways, N no limit, …
	Key       card.Key
	IKID      string // initial key id, 16 hexadecimal digits; empty when the key has none
}

// WrapTR31 makes a version D key block, which nobody may export further.
func WrapTR31(kbpk card.Key, b KeyBlock, random io.Reader) (string, error) {
	if len(b.Usage) != 2 || len(b.Algorithm) != 1 || len(b.Mode) != 1 || !alphanumeric(b.Usage+b.Algorithm+b.Mode) {
		return "", errors.New("dukpt: key block: usage, algorithm or mode has the wrong form")
	}
	if b.Key.Len() == 0 || b.Key.Len() > 32 {
		return "", errors.New("dukpt: key block: key is not 1 to 32 bytes")
	}
	enc, mac, err := blockKeys(kbpk)
	if err != nil {
		return "", err
	}
	options, count, err := formatOptions(b.IKID)
	if err != nil {
		return "", err
	}
	size := (2 + b.Key.Len() + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize
	total := keyBlockHeader + len(options) + 2*size + macChars
	header := fmt.Sprintf("D%04d%s%s%s00N%02d00%s", total, b.Usage, b.Algorithm, b.Mode, count, options)

	plain := make([]byte, size)
	if _, err := io.ReadFull(random, plain); err != nil {
		return "", fmt.Errorf("dukpt: key block padding: %w", err)
	}
	binary.BigEndian.PutUint16(plain, uint16(8*b.Key.Len()))
	copy(plain[2:], b.Key.Reveal())
	tag := cmac(mac, append([]byte(header), plain...))
	cipher.NewCBCEncrypter(enc, tag[:]).CryptBlocks(plain, plain)
	return header + strings.ToUpper(hex.EncodeToString(plain)+hex.EncodeToString(tag[:])), nil
}

// UnwrapTR31 opens a version D key block. Every character of it is authenticated.
func UnwrapTR31(kbpk card.Key, text string) (KeyBlock, error) {
	enc, mac, err := blockKeys(kbpk)
	if err != nil {
		return KeyBlock{}, err
	}
	b, header, err := parseHeader(text)
	if err != nil {
		return KeyBlock{}, err
	}
	body, err := hex.DecodeString(text[len(header):])
	if err != nil || !alphanumeric(text[len(header):]) || len(body) < 3*aes.BlockSize || len(body)%aes.BlockSize != 0 {
		return KeyBlock{}, ErrKeyBlock
	}
	plain, tag := body[:len(body)-aes.BlockSize], body[len(body)-aes.BlockSize:]
	cipher.NewCBCDecrypter(enc, tag).CryptBlocks(plain, plain)
	want := cmac(mac, append([]byte(header), plain...))
	if subtle.ConstantTimeCompare(want[:], tag) != 1 {
		return KeyBlock{}, ErrKeyBlock
	}
	size := int(binary.BigEndian.Uint16(plain))
	if size == 0 || size%8 != 0 || 2+size/8 > len(plain) {
		return KeyBlock{}, ErrKeyBlock
	}
	b.Key = card.NewKey(plain[2 : 2+size/8])
	return b, nil
}

// blockKeys derives the encryption and the MAC key from the protection key (X9.143 annex A).
func blockKeys(kbpk card.Key) (enc, mac cipher.Block, err error) {
	parent, size, err := aesOf(kbpk)
	if err != nil {
		return nil, nil, err
	}
	child := func(usage byte) (cipher.Block, error) {
		var key []byte
		for i := byte(1); len(key) < size; i++ {
			input := [8]byte{0: i, 2: usage}
			binary.BigEndian.PutUint16(input[4:], algorithm(size))
			binary.BigEndian.PutUint16(input[6:], uint16(8*size))
			part := cmac(parent, input[:])
			key = append(key, part[:]...)
		}
		return aes.NewCipher(key[:size])
	}
	if enc, err = child(0); err != nil {
		return nil, nil, err
	}
	if mac, err = child(1); err != nil {
		return nil, nil, err
	}
	return enc, mac, nil
}

// formatOptions writes the optional block IK and fills up with PB to whole AES blocks.
func formatOptions(ikid string) (text string, count int, err error) {
	if ikid == "" {
		return "", 0, nil
	}
	if raw, err := hex.DecodeString(ikid); err != nil || len(raw) != ikidChars/2 {
		return "", 0, errors.New("dukpt: key block: IKID is not 16 hexadecimal digits")
	}
	text = fmt.Sprintf("IK%02X%s", optionalHead+ikidChars, strings.ToUpper(ikid))
	fill := (2*aes.BlockSize - (len(text)+optionalHead)%aes.BlockSize) % aes.BlockSize
	return text + fmt.Sprintf("PB%02X", optionalHead+fill) + strings.Repeat("0", fill), 2, nil
}

// parseHeader reads what is in clear. Until the MAC is verified nothing of it counts.
func parseHeader(text string) (b KeyBlock, header string, err error) {
	if len(text) < keyBlockHeader+macChars || len(text) > MaxKeyBlock || text[0] != 'D' || !ascii(text) {
		return KeyBlock{}, "", ErrKeyBlock
	}
	total, err := strconv.ParseUint(text[1:5], 10, 16)
	if err != nil || int(total) != len(text) || text[14:16] != "00" {
		return KeyBlock{}, "", ErrKeyBlock
	}
	count, err := strconv.ParseUint(text[12:14], 10, 8)
	if err != nil {
		return KeyBlock{}, "", ErrKeyBlock
	}
	b = KeyBlock{Usage: text[5:7], Algorithm: text[7:8], Mode: text[8:9]}
	at := keyBlockHeader
	for range count {
		if at+optionalHead > len(text) {
			return KeyBlock{}, "", ErrKeyBlock
		}
		// A length of 00 announces the long form, which none of the blocks here needs.
		size, err := strconv.ParseUint(text[at+2:at+4], 16, 8)
		if err != nil || size < optionalHead || at+int(size) > len(text)-macChars {
			return KeyBlock{}, "", ErrKeyBlock
		}
		if text[at:at+2] == "IK" {
			if b.IKID = text[at+optionalHead : at+int(size)]; len(b.IKID) != ikidChars {
				return KeyBlock{}, "", ErrKeyBlock
			}
		}
		at += int(size)
	}
	return b, text[:at], nil
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
