// Package paint makes of a nexo OutputContent what a screen or a roll of paper shows: lines of text with
// their looks, bar codes and pictures.
//
// It promises that what comes out is data alone: text, the path of a drawing, and pictures that have been
// looked at. Markup, scripts and addresses of what was sent never come through. It never reads a clock or a
// network.
package paint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"kassa/nexo"
)

// The limits of one content.
const (
	mostBlocks = 400
	mostRunes  = 2000 // of one piece of text
	mostXHTML  = 262144
)

// Block is a line of text, or a picture on lines of its own.
type Block struct {
	Spans []Span `json:"spans,omitempty"`
	// Align is "left", "right" or "justified"; empty is centred.
	Align   string   `json:"align,omitempty"`
	Picture *Picture `json:"picture,omitempty"`
}

// Span is a piece of a line in one look.
type Span struct {
	Text      string `json:"text"`
	Bold      bool   `json:"bold,omitempty"`
	Italic    bool   `json:"italic,omitempty"`
	Underline bool   `json:"underline,omitempty"`
	Wide      bool   `json:"wide,omitempty"`  // double width
	Tall      bool   `json:"tall,omitempty"`  // double height
	Small     bool   `json:"small,omitempty"` // half height
}

// Picture is something drawn. Path is the drawing of a bar code, as an SVG path in a box of Width by Height
// units; Data is a picture that was sent, as a data URL.
type Picture struct {
	Kind   string `json:"kind"` // "QRCode", "EAN13" … or "image"
	Text   string `json:"text,omitempty"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Path   string `json:"path,omitempty"`
	Data   string `json:"data,omitempty"`
}

// Text is what a block says, for who cannot see.
func (b Block) Text() string {
	if b.Picture != nil {
		return b.Picture.Text
	}
	var text strings.Builder
	for _, s := range b.Spans {
		text.WriteString(s.Text)
	}
	return text.String()
}

// Lines is what the blocks say, a line each, without what says nothing.
func Lines(blocks []Block) []string {
	var list []string
	for _, b := range blocks {
		if t := strings.TrimSpace(b.Text()); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// Content makes the blocks of a content. A MessageRef is not one: what it names is the device's own. An error
// names the field of the message and the rule.
func Content(c nexo.OutputContent) ([]Block, error) {
	switch c.OutputFormat {
	case nexo.FormatText:
		if len(c.OutputText) == 0 {
			return nil, errors.New("OutputContent, field OutputText: Missing")
		}
		return Texts(c.OutputText)
	case nexo.FormatXHTML:
		raw, err := base64.StdEncoding.DecodeString(c.OutputXHTML)
		switch {
		case c.OutputXHTML == "":
			return nil, errors.New("OutputContent, field OutputXHTML: Missing")
		case err != nil:
			return nil, errors.New("OutputContent, field OutputXHTML: not base64")
		case len(c.OutputXHTML) > mostXHTML:
			return nil, fmt.Errorf("OutputContent, field OutputXHTML: longer than %d", mostXHTML)
		}
		return document(raw)
	case nexo.FormatBarCode:
		if c.OutputBarcode == nil {
			return nil, errors.New("OutputContent, field OutputBarcode: Missing")
		}
		p, err := Barcode(c.OutputBarcode.BarcodeType, c.OutputBarcode.BarcodeValue)
		if err != nil {
			return nil, err
		}
		return []Block{{Picture: p}}, nil
	}
	return nil, fmt.Errorf("OutputContent, field OutputFormat: %q is not Text, MessageRef, XHTML or BarCode", clip(string(c.OutputFormat), 40))
}

// Texts makes lines of pieces of text: each ends its line unless it says otherwise.
func Texts(list []nexo.OutputText) ([]Block, error) {
	var blocks []Block
	var line Block
	open := false
	for i, t := range list {
		if len(blocks) >= mostBlocks {
			return nil, fmt.Errorf("OutputContent, field OutputText: more than %d lines", mostBlocks)
		}
		span, align, err := textSpan(t)
		if err != nil {
			return nil, fmt.Errorf("OutputContent.OutputText[%d], %w", i, err)
		}
		if !open {
			line = Block{Align: align}
		}
		open = true
		line.Spans = append(line.Spans, span)
		if t.EndOfLineFlag == nil || *t.EndOfLineFlag {
			blocks, open = append(blocks, line), false
		}
	}
	if open {
		blocks = append(blocks, line)
	}
	return blocks, nil
}

func textSpan(t nexo.OutputText) (s Span, align string, err error) {
	s.Text = clip(t.Text, mostRunes)
	switch t.CharacterStyle {
	case "", "Normal":
	case "Bold":
		s.Bold = true
	case "Italic":
		s.Italic = true
	case "Underline", "Underlined":
		s.Underline = true
	default:
		return s, "", fmt.Errorf("field CharacterStyle: %q is no style", clip(t.CharacterStyle, 40))
	}
	switch t.CharacterHeight {
	case "", "SingleHeight":
	case "DoubleHeight":
		s.Tall = true
	case "HalfHeight":
		s.Small = true
	default:
		return s, "", fmt.Errorf("field CharacterHeight: %q is no height", clip(t.CharacterHeight, 40))
	}
	switch t.CharacterWidth {
	case "", "SingleWidth":
	case "DoubleWidth":
		s.Wide = true
	default:
		return s, "", fmt.Errorf("field CharacterWidth: %q is no width", clip(t.CharacterWidth, 40))
	}
	switch t.Alignment {
	case "", "Centred":
	case "Left", "Right", "Justified":
		align = strings.ToLower(t.Alignment)
	default:
		return s, "", fmt.Errorf("field Alignment: %q is no alignment", clip(t.Alignment, 40))
	}
	return s, align, nil
}

// clip keeps a text to what fits, and to what a line may hold.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
