package iso8583

// MaxFrame is the longest frame that the profiles here pack or accept, in bytes. A purchase with
// chip data takes about 600; one megabyte from a mad peer must not be read into memory.
const MaxFrame = 4096

// content is the kind of characters that a data element may hold.
type content uint8

const (
	contentNone   content = iota // no such element in this profile
	contentDigits                // n: 0-9
	contentAN                    // an: letters, digits and the blank that pads them
	contentANS                   // ans: printable ASCII
	contentTrack2                // z: digits and the separator, D or =
	contentSigned                // x+n: C or D, then digits
	contentBinary                // b: any byte
)

// lengthForm is how the length of a data element is known.
type lengthForm uint8

const (
	lengthFixed lengthForm = iota
	lengthLL               // two digits before it
	lengthLLL              // three digits before it
)

// field is one line of a profile: what a data element holds and how long it may be. The maximum
// counts characters, digits or bytes, as its content does.
type field struct {
	content content
	form    lengthForm
	max     int
}

// digits is how decimal digits are written.
type digits uint8

const (
	digitsASCII digits = iota // one byte a digit
	digitsBCD                 // two digits a byte: n padded left with 0, track 2 right with F
)

// Profile is the dialect of one host: its data elements and their encodings. It is immutable.
type Profile struct {
	name     string
	version  byte   // the first digit of the MTI: 0 is the 1987 edition
	numeric  digits // MTI, n, x+n and track 2
	length   digits // the LL and LLL prefixes
	maxFrame int
	fields   *[129]field
}

// Name is the profile's name.
func (p *Profile) Name() string { return p.name }

// MaxFrame is the longest frame that the profile packs or accepts, in bytes.
func (p *Profile) MaxFrame() int { return p.maxFrame }

// Kassa87 is the profile of Kassa's host link: ASCII digits and lengths, binary bitmaps.
func Kassa87() *Profile { return &kassa87 }

// BCD87 holds the same data elements with digits and lengths in binary coded decimal.
func BCD87() *Profile { return &bcd87 }

var kassa87 = Profile{
	name: "Kassa87", version: '0', numeric: digitsASCII, length: digitsASCII,
	maxFrame: MaxFrame, fields: &fields1987,
}

var bcd87 = Profile{
	name: "BCD87", version: '0', numeric: digitsBCD, length: digitsBCD,
	maxFrame: MaxFrame, fields: &fields1987,
}

// fields1987 are the data elements of the 1987 edition that a card-present link uses. DE110 is a
// private element: an ISO 9564 format 4 PIN block has 16 bytes and does not fit DE52. DE126 is another
// one: the card verification code of a card that was typed in.
var fields1987 = [129]field{
	2:   {contentDigits, lengthLL, 19},
	3:   {contentDigits, lengthFixed, 6},
	4:   {contentDigits, lengthFixed, 12},
	7:   {contentDigits, lengthFixed, 10},
	11:  {contentDigits, lengthFixed, 6},
	12:  {contentDigits, lengthFixed, 6},
	13:  {contentDigits, lengthFixed, 4},
	14:  {contentDigits, lengthFixed, 4},
	15:  {contentDigits, lengthFixed, 4},
	18:  {contentDigits, lengthFixed, 4},
	22:  {contentDigits, lengthFixed, 3},
	23:  {contentDigits, lengthFixed, 3},
	24:  {contentDigits, lengthFixed, 3},
	25:  {contentDigits, lengthFixed, 2},
	26:  {contentDigits, lengthFixed, 2},
	32:  {contentDigits, lengthLL, 11},
	33:  {contentDigits, lengthLL, 11},
	35:  {contentTrack2, lengthLL, 37},
	37:  {contentAN, lengthFixed, 12},
	38:  {contentAN, lengthFixed, 6},
	39:  {contentAN, lengthFixed, 2},
	41:  {contentANS, lengthFixed, 8},
	42:  {contentANS, lengthFixed, 15},
	43:  {contentANS, lengthFixed, 40},
	44:  {contentANS, lengthLL, 25},
	45:  {contentANS, lengthLL, 76},
	48:  {contentANS, lengthLLL, 999},
	49:  {contentDigits, lengthFixed, 3},
	50:  {contentDigits, lengthFixed, 3},
	51:  {contentDigits, lengthFixed, 3},
	52:  {contentBinary, lengthFixed, 8},
	53:  {contentDigits, lengthFixed, 16},
	54:  {contentANS, lengthLLL, 120},
	55:  {contentBinary, lengthLLL, 255},
	60:  {contentANS, lengthLLL, 999},
	61:  {contentANS, lengthLLL, 999},
	62:  {contentANS, lengthLLL, 999},
	63:  {contentANS, lengthLLL, 999},
	64:  {contentBinary, lengthFixed, macBytes},
	66:  {contentDigits, lengthFixed, 1},
	70:  {contentDigits, lengthFixed, 3},
	74:  {contentDigits, lengthFixed, 10},
	75:  {contentDigits, lengthFixed, 10},
	76:  {contentDigits, lengthFixed, 10},
	77:  {contentDigits, lengthFixed, 10},
	81:  {contentDigits, lengthFixed, 10},
	86:  {contentDigits, lengthFixed, 16},
	87:  {contentDigits, lengthFixed, 16},
	88:  {contentDigits, lengthFixed, 16},
	89:  {contentDigits, lengthFixed, 16},
	90:  {contentDigits, lengthFixed, 42},
	95:  {contentAN, lengthFixed, 42},
	97:  {contentSigned, lengthFixed, 17},
	110: {contentBinary, lengthLLL, 999},
	126: {contentDigits, lengthLLL, 4},
	128: {contentBinary, lengthFixed, macBytes},
}
