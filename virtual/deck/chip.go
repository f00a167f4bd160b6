package deck

import "kassa/card"

// Verification is how a chip wants its holder to be verified on contact (EMV Book 3, 10.5).
type Verification int

// The verifications. By tap, only Device is known to the card; else the amount decides.
const (
	OnlinePIN  Verification = iota // the issuer checks the PIN
	OfflinePIN                     // the chip does
	Signature
	Device // a phone, which has verified its owner itself
)

// Chip is how a card behaves at a reader, where it differs from most.
type Chip struct {
	Verification Verification
	// PINTries is how many wrong PINs the chip takes before it blocks its PIN; 0 is blocked. The
	// tries of a card of the deck are whole again each time that it is inserted.
	PINTries int
	// Denies is how many PINs the chip says no to, right or wrong, before it judges them.
	Denies int
	// Dead contacts cannot be read; a Fickle tap is too short, or another card is in the field.
	Dead, Fickle bool
	// Refuses tells that the chip lets no contactless payment begin (status 6985), PINless that it
	// knows no way to verify its holder by tap.
	Refuses, PINless bool
	// FormFactor is tag 9F6E of a phone.
	FormFactor []byte
	// Leaves tells that its holder goes when the terminal wants more than a tap.
	Leaves bool
}

// The applications that are no brand's own.
const (
	loyaltyAID = "F04B4153534101"
	// offAID is a product under the Bancontact AID (partial selection, EMV Book 1, 12.3.1) that the
	// contract of the test merchants leaves out.
	offAID = "D05600066611101009"
)

const chipPINTries = 3

// personalise makes a card the one of its row.
func (c *Card) personalise() error {
	c.Chip.PINTries = chipPINTries
	switch c.Row {
	case 54:
		c.Expiry = "2312"
	case 73:
		c.Chip.Leaves = true
	case 82:
		c.MasterKey = key(clonedMasterKey)
	case 110:
		c.AID, c.Label = loyaltyAID, "LOYALTY"
	case 111:
		c.AID = offAID
	case 112:
		c.Chip.PINless = true
	case 113:
		c.Chip.Refuses = true
	case 114:
		c.Chip.Dead, c.Contactless = true, false
	case 116:
		c.Chip.Fickle = true
	case 120, 121, 122:
		c.Chip.Verification = OfflinePIN
		switch c.Row {
		case 121:
			c.Chip.Denies = 2
		case 122:
			c.Chip.PINTries = 0
		}
	case 123:
		c.Chip.Verification = Signature
	case 124:
		c.Chip.Verification, c.MagneticStripe = Device, false
		c.Chip.FormFactor = []byte{0x23, 0x8C, 0, 0} // Visa: a mobile phone
		if c.Brand == card.Mastercard {
			// Country, unique identifier, device type "01" (a mobile phone), proprietary data.
			c.Chip.FormFactor = []byte{0x05, 0x28, 0, 0, '0', '1', 0}
		}
	case 190:
		return c.cobadge(card.Maestro)
	}
	return nil
}

// cobadge adds the application of another brand, which the card's number serves as well.
func (c *Card) cobadge(other card.Brand) error {
	for _, i := range issues() {
		if i.brand != other {
			continue
		}
		a, err := i.application()
		if err != nil {
			return err
		}
		c.Others = append(c.Others, a)
	}
	return nil
}
