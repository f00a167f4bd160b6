package paint

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // what a document may hold
	_ "image/jpeg" // as well
	_ "image/png"  // and what Adyen's documents hold
	"slices"
	"strings"
)

// The limits of a picture in a document.
const (
	mostPicture = 200 << 10
	mostSide    = 2000 // pixels
)

// page reads a document into blocks.
type page struct {
	blocks []Block
	line   Block
	look   []Span // one for each open element
	align  []string
	hidden int // within what is not shown
}

// document keeps of XHTML its text with its looks and its pictures. What it does not know it reads for its
// text; scripts, styles and links come to nothing.
func document(raw []byte) ([]Block, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	p := &page{look: []Span{{}}, align: []string{""}}
	for {
		t, err := d.RawToken()
		if err != nil {
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				return nil, errors.New("OutputContent, field OutputXHTML: not well-formed")
			}
			break // the end
		}
		if len(p.blocks) >= mostBlocks {
			return nil, fmt.Errorf("OutputContent, field OutputXHTML: more than %d lines", mostBlocks)
		}
		switch t := t.(type) {
		case xml.StartElement:
			p.begin(t)
		case xml.EndElement:
			p.end(strings.ToLower(t.Name.Local))
		case xml.CharData:
			p.text(string(t))
		}
	}
	p.feed()
	if len(p.blocks) == 0 {
		return nil, errors.New("OutputContent, field OutputXHTML: shows nothing")
	}
	return p.blocks, nil
}

func hides(name string) bool {
	return slices.Contains([]string{"script", "style", "head", "title", "iframe", "object", "svg"}, name)
}

func breaks(name string) bool {
	return slices.Contains([]string{"p", "div", "h1", "h2", "h3", "h4", "li", "tr", "center", "table", "ul", "ol", "body"}, name)
}

func empty(name string) bool {
	return slices.Contains([]string{"br", "hr", "img", "meta", "link", "input"}, name)
}

func (p *page) begin(t xml.StartElement) {
	name := strings.ToLower(t.Name.Local)
	switch name {
	case "br":
		p.feed()
	case "hr":
		p.feed()
		p.blocks = append(p.blocks, Block{Spans: []Span{{Text: "────────"}}})
	case "img":
		p.picture(t.Attr)
	}
	if empty(name) {
		return
	}
	if breaks(name) {
		p.feed()
	}
	if hides(name) {
		p.hidden++
	}
	look, align := p.look[len(p.look)-1], p.align[len(p.align)-1]
	switch name {
	case "b", "strong", "th":
		look.Bold = true
	case "i", "em":
		look.Italic = true
	case "u":
		look.Underline = true
	case "small":
		look.Small = true
	case "h1", "h2":
		look.Bold, look.Tall, look.Wide = true, true, true
	case "h3", "h4":
		look.Bold = true
	}
	for _, a := range t.Attr {
		value := strings.ToLower(a.Value)
		if !strings.EqualFold(a.Name.Local, "align") && !strings.EqualFold(a.Name.Local, "style") {
			continue
		}
		for _, side := range []string{"left", "right"} {
			if value == side || strings.Contains(strings.ReplaceAll(value, " ", ""), "text-align:"+side) {
				align = side
			}
		}
	}
	p.look, p.align = append(p.look, look), append(p.align, align)
}

func (p *page) end(name string) {
	if empty(name) {
		return
	}
	if breaks(name) {
		p.feed()
	}
	if hides(name) && p.hidden > 0 {
		p.hidden--
	}
	if len(p.look) > 1 {
		p.look, p.align = p.look[:len(p.look)-1], p.align[:len(p.align)-1]
	}
}

func (p *page) text(s string) {
	if p.hidden > 0 {
		return
	}
	words := strings.Join(strings.Fields(s), " ")
	if words == "" {
		return
	}
	span := p.look[len(p.look)-1]
	span.Text = clip(words, mostRunes)
	if len(p.line.Spans) > 0 && strings.TrimLeft(s, " \t\r\n") != s {
		span.Text = " " + span.Text
	}
	if strings.TrimRight(s, " \t\r\n") != s {
		span.Text += " "
	}
	if len(p.line.Spans) == 0 {
		p.line.Align = p.align[len(p.align)-1]
	}
	p.line.Spans = append(p.line.Spans, span)
}

// feed ends a line.
func (p *page) feed() {
	if len(p.line.Spans) > 0 {
		p.blocks = append(p.blocks, p.line)
	}
	p.line = Block{}
}

// picture takes one whose bytes are in the document; no other is fetched.
func (p *page) picture(attributes []xml.Attr) {
	if p.hidden > 0 {
		return
	}
	p.feed()
	source, alt := "", ""
	for _, a := range attributes {
		switch strings.ToLower(a.Name.Local) {
		case "src":
			source = a.Value
		case "alt":
			alt = clip(a.Value, 200)
		}
	}
	b := Block{Align: p.align[len(p.align)-1], Picture: shown(source, alt)}
	if b.Picture == nil {
		b.Spans = []Span{{Text: "[" + strings.TrimSpace("picture "+alt) + "]", Italic: true}}
	}
	p.blocks = append(p.blocks, b)
}

// shown looks at a data URL and writes it anew; nil for what is no picture that may be shown.
func shown(source, alt string) *Picture {
	head, data, ok := strings.Cut(source, ",")
	if !ok || !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") || len(data) > mostPicture*4/3 {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	if err != nil {
		return nil
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > mostSide || size.Height > mostSide {
		return nil
	}
	return &Picture{
		Kind: "image", Text: alt, Width: size.Width, Height: size.Height,
		Data: "data:image/" + format + ";base64," + base64.StdEncoding.EncodeToString(raw),
	}
}
