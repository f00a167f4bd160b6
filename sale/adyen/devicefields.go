package adyen

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is what a field of a request must be.
type field struct {
	name string
	need bool
	is   func(f *faults, at, name string, v any)
}

func must(name string, is func(*faults, string, string, any)) field { return field{name, true, is} }
func may(name string, is func(*faults, string, string, any)) field  { return field{name, false, is} }

// fields looks at the fields of an object; others are none of ours and are passed over.
func (f *faults) fields(o object, at string, list []field) {
	for _, want := range list {
		switch v := o[want.name]; {
		case v != nil:
			want.is(f, at, want.name, v)
		case want.need:
			f.missing(at, want.name)
		}
	}
}

// text is a string of at most so many bytes. One that looks like a card number is refused: a register may
// neither ask a terminal to show one nor leave one in Kassa's record.
func text(most int) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		code(most)(f, at, name, v)
		if s, _ := v.(string); holdsCardNumber(s) {
			f.add(at, name, "Looks like a card number")
		}
	}
}

// code is a text that may look like one, since it is something else.
func code(most int) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		switch s, ok := v.(string); {
		case !ok:
			f.add(at, name, "Not a string")
		case len(s) > most:
			f.add(at, name, "Longer than "+strconv.Itoa(most)+" bytes")
		}
	}
}

// oneOf is one of some words, in any case of letters where fold says so.
func oneOf(fold bool, words ...string) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		s, ok := v.(string)
		if !ok {
			f.add(at, name, "Not a string")
		} else if !slices.ContainsFunc(words, func(w string) bool { return w == s || fold && strings.EqualFold(w, s) }) {
			f.add(at, name, "Must be one of "+strings.Join(words, ", "))
		}
	}
}

// whole is a whole number within bounds.
func whole(least, most int64) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		literal, ok := v.(number)
		if n, err := strconv.ParseInt(string(literal), 10, 64); !ok || err != nil || n < least || n > most {
			f.add(at, name, fmt.Sprintf("Must be a whole number, %d to %d", least, most))
		}
	}
}

func flag(f *faults, at, name string, v any) {
	if _, ok := v.(bool); !ok {
		f.add(at, name, "Not true or false")
	}
}

// base64Text is base64 of at most so many characters.
func base64Text(most int) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		s, ok := v.(string)
		if _, err := base64.StdEncoding.DecodeString(s); !ok || err != nil {
			f.add(at, name, "Not base64")
		} else if len(s) > most {
			f.add(at, name, "Longer than "+strconv.Itoa(most)+" bytes")
		}
	}
}

// inner is an object with fields of its own, at which more looks as a whole.
func inner(more func(*faults, string, object), list ...field) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		o, ok := v.(object)
		if !ok {
			f.add(at, name, "Not an object")
			return
		}
		within := strings.TrimPrefix(at+"."+name, ".")
		f.fields(o, within, list)
		if more != nil {
			more(f, within, o)
		}
	}
}

// each is an array of objects.
func each(least, most int, is func(*faults, string, string, any)) func(*faults, string, string, any) {
	return func(f *faults, at, name string, v any) {
		list, ok := v.([]any)
		switch {
		case !ok:
			f.add(at, name, "Not an array")
		case len(list) < least || len(list) > most:
			f.add(at, name, fmt.Sprintf("Must have %d to %d entries", least, most))
		default:
			for i, e := range list {
				is(f, at, fmt.Sprintf("%s[%d]", name, i), e)
			}
		}
	}
}

// Limits of what a terminal shows, asks and prints.
const (
	maxLabel  = 80
	maxShown  = 2000 // bytes of one text
	maxTexts  = 100
	maxEach   = 10 // outputs of a display
	maxMenu   = 50
	maxInput  = 3600 // seconds
	maxTyped  = 999  // characters
	maxXHTML  = 262144
	maxDevice = 312 << 10 // bytes of a whole request: what one frame of the link to a terminal carries
)

// deviceFields are the fields of the requests of class Device, by category.
func deviceFields() map[string]field {
	outputText := inner(nil, must("Text", text(maxShown)), may("CharacterSet", whole(0, 9999)), may("StartRow", whole(0, 999)),
		may("StartColumn", whole(0, 999)), may("CharacterWidth", oneOf(false, "SingleWidth", "DoubleWidth")),
		may("CharacterHeight", oneOf(false, "SingleHeight", "DoubleHeight", "HalfHeight")),
		may("CharacterStyle", oneOf(false, "Normal", "Bold", "Italic", "Underline", "Underlined")),
		may("Alignment", oneOf(false, "Left", "Right", "Centred", "Justified")), may("EndOfLineFlag", flag))
	content := inner(fitsFormat, must("OutputFormat", oneOf(false, "Text", "MessageRef", "XHTML", "BarCode")),
		may("PredefinedContent", inner(nil, must("ReferenceID", text(maxLabel)), may("Language", text(maxLabel)))),
		may("OutputText", each(0, maxTexts, outputText)), may("OutputXHTML", base64Text(maxXHTML)),
		may("OutputBarcode", inner(fitsBarcode, must("BarcodeType", oneOf(true, "Code128", "Code25", "EAN13", "EAN8", "PDF417", "QRCODE", "UPCA")),
			must("BarcodeValue", code(maxShown)))))
	entry := inner(nil, must("OutputFormat", oneOf(false, "Text", "MessageRef", "XHTML", "BarCode")),
		may("OutputText", each(0, maxTexts, outputText)), may("DefaultSelectedFlag", flag), may("MenuEntryTag", text(maxLabel)))
	output := inner(nil, must("Device", oneOf(false, "CustomerDisplay", "CashierDisplay", "CustomerInput", "CashierInput")),
		must("InfoQualify", text(maxLabel)), may("ResponseRequiredFlag", flag), may("MinimumDisplayTime", whole(0, 999)),
		must("OutputContent", content), may("MenuEntry", each(1, maxMenu, entry)))
	input := inner(fitsLengths, must("Device", oneOf(false, "CustomerInput", "CashierInput")), must("InfoQualify", text(maxLabel)),
		must("InputCommand", oneOf(false, "GetConfirmation", "GetMenuEntry", "DigitString", "DecimalString", "TextString",
			"GetAnyKey", "GetFunctionKey", "Password", "SiteManager")),
		may("MaxInputTime", whole(0, maxInput)), may("MinLength", whole(0, maxTyped)), may("MaxLength", whole(0, maxTyped)),
		may("MaxDecimalLength", whole(0, 6)), may("DefaultInputString", text(maxTyped)), may("StringMask", text(maxTyped)),
		may("MaskCharactersFlag", flag))
	document := inner(nil, must("DocumentQualifier", oneOf(false, "SaleReceipt", "CashierReceipt", "CustomerReceipt", "Document", "Journal", "Voucher")),
		must("ResponseMode", oneOf(false, "PrintEnd", "Immediate", "NotRequired", "SoundEnd")), must("OutputContent", content),
		may("IntegratedPrintFlag", flag), may("RequiredSignatureFlag", flag))
	return map[string]field{
		"Display": must("DisplayRequest", inner(nil, must("DisplayOutput", each(1, maxEach, output)))),
		"Input":   must("InputRequest", inner(fitsReference, may("DisplayOutput", output), must("InputData", input))),
		"Print":   must("PrintRequest", inner(nil, must("PrintOutput", document))),
	}
}

// fitsFormat looks for the part of a content that its format calls for.
func fitsFormat(f *faults, at string, o object) {
	part := map[string]string{"Text": "OutputText", "MessageRef": "PredefinedContent", "XHTML": "OutputXHTML", "BarCode": "OutputBarcode"}[o.text("OutputFormat")]
	if part != "" && o[part] == nil {
		f.missing(at, part)
	}
}

// fitsBarcode refuses what looks like a card number, but for the numbers of articles, which are as long.
func fitsBarcode(f *faults, at string, o object) {
	value, article := o.text("BarcodeValue"), strings.ToUpper(o.text("BarcodeType"))
	if article == "EAN13" && len(value) == 13 || article == "UPCA" && len(value) == 12 {
		return
	}
	if holdsCardNumber(value) {
		f.add(at, "BarcodeValue", "Looks like a card number")
	}
}

func fitsLengths(f *faults, at string, o object) {
	least, _ := o["MinLength"].(number)
	most, there := o["MaxLength"].(number)
	if there && integer(least) > integer(most) {
		f.add(at, "MinLength", "More than MaxLength")
	}
}

// inputCommands are the commands that the predefined contents go with.
func inputCommands() map[string]string {
	return map[string]string{
		"GetConfirmation": "GetConfirmation", "GetSignature": "GetConfirmation", "MenuButtons": "GetMenuEntry", "GetDigit": "DigitString",
		"GetPhoneNumber": "DigitString", "GetRating": "DigitString", "GetOneKeyRating": "DigitString", "GetAmount": "DecimalString", "GetText": "TextString",
	}
}

// fitsReference looks whether the predefined content of an input asks for what its command does.
func fitsReference(f *faults, at string, o object) {
	command := o.sub("InputData").text("InputCommand")
	if reference := o.sub("DisplayOutput").sub("OutputContent").sub("PredefinedContent").text("ReferenceID"); reference != "" {
		switch goes := inputCommands()[reference]; {
		case goes == "":
			f.add(at+".DisplayOutput.OutputContent.PredefinedContent", "ReferenceID", "Must be one of "+strings.Join(sortedKeys(inputCommands()), ", "))
		case command != "" && goes != command:
			f.add(at+".InputData", "InputCommand", "Must be "+goes+" for the ReferenceID "+reference)
		}
	}
	if command == "GetMenuEntry" && o.sub("DisplayOutput")["MenuEntry"] == nil {
		f.missing(at+".DisplayOutput", "MenuEntry")
	}
}

// holdsCardNumber looks for a run of digits, with blanks and dashes within it or without, that can be a card
// number: 12 to 19 digits that begin with 2 to 6 and end in the right check digit (ISO/IEC 7812).
func holdsCardNumber(s string) bool {
	run := func(r rune) bool { return r < '0' || r > '9' }
	for _, digits := range strings.FieldsFunc(strings.NewReplacer(" ", "", "-", "").Replace(s), run) {
		if len(digits) < 12 || len(digits) > 19 || digits[0] < '2' || digits[0] > '6' || digits[0] == '2' && len(digits) != 16 {
			continue
		}
		sum := 0
		for i := range len(digits) {
			d := int(digits[len(digits)-1-i] - '0')
			if i%2 == 1 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		if sum%10 == 0 {
			return true
		}
	}
	return false
}
