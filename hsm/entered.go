package hsm

import (
	"fmt"
	"strings"

	"kassa/card"
	"kassa/iso8583"
)

// The data elements that hold a card that was typed in.
const (
	dePAN    = 2
	deExpiry = 14
	deCode   = 126
)

// EnteredCard is a card that somebody typed in. It is sealed at once, and nothing of it is kept.
type EnteredCard struct {
	PAN card.PAN
	// Expiry is YYMM. Code is the card verification code, 3 or 4 digits; empty when it was not asked.
	Expiry string
	Code   string
}

// SealEntered seals a card so that only CompleteEntered with the same aad opens it.
func (m *Module) SealEntered(aad []byte, in EnteredCard) ([]byte, error) {
	month := strings.TrimLeft(in.Expiry[min(2, len(in.Expiry)):], "0")
	if in.PAN.IsZero() || len(in.Expiry) != 4 || !digits(in.Expiry) || month == "" || len(month) == 2 && month > "12" ||
		in.Code != "" && (len(in.Code) < 3 || len(in.Code) > 4 || !digits(in.Code)) {
		return nil, ErrEntered
	}
	return seal(m.enter, m.random, string(aad), []byte(in.PAN.Reveal()+"|"+in.Expiry+"|"+in.Code))
}

// CompleteEntered puts a card into a message: its number (DE2), its expiry (DE14) and, where there is
// one, its verification code (DE126). On an error the message is as it was.
func (m *Module) CompleteEntered(msg *iso8583.Message, aad, sealed []byte) error {
	plain, err := open(m.enter, string(aad), sealed)
	if err != nil {
		return err
	}
	parts := strings.Split(string(plain), "|")
	if len(parts) != 3 {
		return fmt.Errorf("%w: not a card", ErrSealed)
	}
	msg.Set(dePAN, parts[0])
	msg.Set(deExpiry, parts[1])
	msg.Set(deCode, parts[2])
	return nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }
