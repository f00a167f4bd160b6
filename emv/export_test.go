package emv

import "kassa/card"

// The published vectors use PANs with a wrong check digit, which card.ParsePAN refuses.

func OptionA(imk card.Key, digits string) (card.Key, error) { return cardKey(imk, optionA(digits)) }
func OptionB(imk card.Key, digits string) (card.Key, error) { return cardKey(imk, optionB(digits)) }
func MChipKey(mk card.Key, r [8]byte) card.Key              { return sessionKey(mk, r) }
