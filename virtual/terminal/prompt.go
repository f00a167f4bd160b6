package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kassa/nexo"
	"kassa/virtual/terminal/paint"
)

// errNoService tells that the terminal has no such input.
var errNoService = errors.New("this terminal does not support the input")

// promptKind is how an input is asked for.
type promptKind string

const (
	promptConfirm   promptKind = "confirm"
	promptSignature promptKind = "signature"
	promptMenu      promptKind = "menu"
	promptDigits    promptKind = "digits"
	promptRating    promptKind = "rating" // 0 to 10
	promptOneKey    promptKind = "oneKey" // the first digit answers
	promptAmount    promptKind = "amount"
	promptText      promptKind = "text"
)

// prompt is an input on the screen. What is typed lives in memory only.
type prompt struct {
	kind    promptKind
	data    nexo.InputData
	blocks  []paint.Block
	title   string
	body    []string
	no, yes string   // the buttons of a confirmation
	entries []string // of a menu
	chosen  []bool
	least   int
	most    int
	typed   string
	strokes [][][2]int
	problem string
}

// asks makes the prompt of a request. An error names the field and the rule.
func (m *Machine) asks(q nexo.InputRequest) (*prompt, error) {
	p := &prompt{data: q.InputData, least: q.InputData.MinLength, most: q.InputData.MaxLength, typed: q.InputData.DefaultInputString}
	if d := q.InputData; d.Device != nexo.CustomerInput && d.Device != nexo.CashierInput {
		return nil, fmt.Errorf("InputData, field Device: %q takes no input", clip(string(d.Device), 40))
	} else if d.MaxInputTime < 0 || d.MinLength < 0 || d.MaxLength < 0 || d.MaxDecimalLength < 0 || d.MaxLength > 0 && d.MinLength > d.MaxLength {
		return nil, errors.New("InputData, field MaxLength: times and lengths are not negative, and MinLength is not above MaxLength")
	}
	reference := ""
	if o := q.DisplayOutput; o != nil {
		if o.OutputContent.PredefinedContent != nil {
			reference = o.OutputContent.PredefinedContent.ReferenceID
		}
		blocks, err := content(o.OutputContent)
		if err != nil {
			return nil, fmt.Errorf("DisplayOutput.%w", err)
		}
		p.blocks = blocks
		if lines := paint.Lines(blocks); len(lines) > 0 {
			p.title, p.body = lines[0], lines[1:]
		}
	}
	switch q.InputData.InputCommand {
	case nexo.GetConfirmation:
		return p.confirmation(reference, m), nil
	case nexo.GetMenuEntry:
		return p.menu(q.DisplayOutput)
	case nexo.DigitString:
		p.kind = promptDigits
		switch reference {
		case "GetRating":
			p.kind, p.least, p.most = promptRating, 1, 2
		case "GetOneKeyRating":
			p.kind, p.least, p.most = promptOneKey, 1, 1
		}
	case nexo.DecimalString:
		p.kind = promptAmount
		if p.data.MaxDecimalLength > maxDecimals {
			return nil, fmt.Errorf("InputData, field MaxDecimalLength: at most %d", maxDecimals)
		}
	case nexo.TextString:
		p.kind = promptText
	default:
		return nil, fmt.Errorf("%w %s", errNoService, clip(string(q.InputData.InputCommand), 40))
	}
	return p, p.bounded()
}

// bounded gives lengths where the request has none, and looks at what it has typed for the customer.
func (p *prompt) bounded() error {
	longest := maxDigits
	if p.kind == promptText {
		longest = maxDescription
	}
	if p.most == 0 || p.most > longest {
		p.most = longest
	}
	if p.kind == promptAmount {
		p.typed = strings.ReplaceAll(p.typed, ".", "")
	}
	if problem := p.fits(p.typed); problem != "" {
		return errors.New("InputData, field DefaultInputString: " + problem)
	}
	return nil
}

// fits tells what is wrong with what is typed so far; it may still be too short.
func (p *prompt) fits(typed string) string {
	switch {
	case len([]rune(typed)) > p.most:
		return fmt.Sprintf("at most %d characters", p.most)
	case p.kind == promptText && !printable(typed):
		return "only characters that can be printed"
	case p.kind != promptText && strings.Trim(typed, "0123456789") != "":
		return "only digits"
	case p.kind == promptRating && number("0"+typed) > 10:
		return "0 to 10"
	}
	return ""
}

// confirmation has its texts in the order title, body, left button, right button.
func (p *prompt) confirmation(reference string, m *Machine) *prompt {
	p.kind, p.no, p.yes = promptConfirm, m.say("No"), m.say("Yes")
	if reference == "GetSignature" {
		p.kind = promptSignature
		return p
	}
	if n := len(p.body); n >= 3 {
		p.no, p.yes, p.body = p.body[n-2], p.body[n-1], p.body[:n-2]
	}
	return p
}

func (p *prompt) menu(o *nexo.DisplayOutput) (*prompt, error) {
	p.kind, p.typed = promptMenu, ""
	if o == nil || len(o.MenuEntry) == 0 || len(o.MenuEntry) > maxEntries {
		return nil, fmt.Errorf("DisplayOutput, field MenuEntry: 1 to %d entries", maxEntries)
	}
	for i, e := range o.MenuEntry {
		blocks, err := paint.Texts(e.OutputText)
		if err != nil {
			return nil, fmt.Errorf("DisplayOutput.MenuEntry[%d], %w", i, err)
		}
		label := strings.Join(paint.Lines(blocks), " ")
		if label == "" {
			return nil, fmt.Errorf("DisplayOutput.MenuEntry[%d], field OutputText: Missing", i)
		}
		p.entries, p.chosen = append(p.entries, label), append(p.chosen, e.DefaultEntry)
	}
	if p.most == 0 {
		p.most = max(1, p.least)
	}
	return p, nil
}

// many tells that several entries may be chosen.
func (p *prompt) many() bool { return p.kind == promptMenu && p.most > 1 }

// askCustomer puts an input on the screen.
func (m *Machine) askCustomer(q nexo.InputRequest) {
	p, err := m.asks(q)
	if err != nil {
		return // it was looked at before it was taken
	}
	m.v.place, m.v.prompt, m.v.stage = nil, p, stagePrompt
	m.stop(timerPlace)
	wait := promptTimeout
	if p.data.MaxInputTime > 0 {
		wait = time.Duration(min(p.data.MaxInputTime, maxInputTime)) * time.Second
	}
	m.after(timerPrompt, wait)
	m.showPrompt()
}

func (m *Machine) showPrompt() {
	p := m.v.prompt
	s := Screen{
		Name: ScreenInput, Page: string(p.kind), Title: p.title, Lines: p.body, Error: p.problem, Typed: len([]rune(p.typed)),
		Asked: &AskedFor{ServiceID: m.d.Asked.Message.Header.ServiceID, Command: string(p.data.InputCommand), Least: p.least, Most: p.most},
	}
	switch p.kind {
	case promptConfirm:
		s.Items = []Item{{ID: "no", Label: p.no}, {ID: "yes", Label: p.yes}}
	case promptSignature:
		s.Signature = paint.Strokes(p.strokes)
		s.Items = []Item{m.item("clear", "Clear"), m.item("yes", "Confirm")}
	case promptMenu:
		for i, e := range p.entries {
			it := Item{ID: "entry:" + strconv.Itoa(i+1), Label: e}
			if p.chosen[i] {
				it.Value = "✓"
			}
			s.Items = append(s.Items, it)
		}
		if p.many() {
			s.Items = append(s.Items, m.item("yes", "Confirm"))
		}
	case promptRating, promptOneKey:
		last := 10
		if p.kind == promptOneKey {
			last = 9
		}
		for n := 0; n <= last; n++ {
			it := Item{ID: "rate:" + strconv.Itoa(n), Label: strconv.Itoa(n)}
			if p.typed == it.Label {
				it.Value = "✓"
			}
			s.Items = append(s.Items, it)
		}
		if p.kind == promptRating {
			s.Items = append(s.Items, m.item("yes", "Confirm"))
		}
	default:
		s.Field = p.field()
	}
	m.show(s)
}

// field shows what is typed, hidden where the register asks for that, and within its mask.
func (p *prompt) field() *Field {
	f := &Field{Label: p.title, Text: p.typed, Kind: FieldDigits}
	switch p.kind {
	case promptText:
		f.Kind = FieldText
	case promptAmount:
		f.Kind, f.Text = FieldAmount, p.decimal()
	}
	if p.data.MaskCharactersFlag {
		f.Text = strings.Repeat("•", len([]rune(p.typed)))
	}
	if p.data.StringMask != "" && p.kind != promptAmount {
		f.Text = masked(clip(p.data.StringMask, maxDigits), f.Text)
	}
	f.Hidden = p.data.MaskCharactersFlag
	return f
}

// masked puts what is typed in place of the stars of a mask; what is left over follows it.
func masked(mask, typed string) string {
	r := []rune(typed)
	var out strings.Builder
	for _, c := range mask {
		if c == '*' && len(r) > 0 {
			out.WriteRune(r[0])
			r = r[1:]
			continue
		}
		if c == '*' {
			c = '_'
		}
		out.WriteRune(c)
	}
	return out.String() + string(r)
}

// decimal is the amount that is typed, its last digits behind the point.
func (p *prompt) decimal() string {
	digits := strings.TrimLeft(p.typed, "0")
	n := p.data.MaxDecimalLength
	if n == 0 {
		if digits == "" {
			return "0"
		}
		return digits
	}
	if len(digits) <= n {
		digits = strings.Repeat("0", n+1-len(digits)) + digits
	}
	return digits[:len(digits)-n] + "." + digits[len(digits)-n:]
}

// promptKey is a key of the pad under an input.
func (m *Machine) promptKey(k Key) {
	p := m.v.prompt
	switch {
	case k == KeyStop:
		m.endPrompt(nil, failure(nexo.ErrorCancel, form("message", "Cancelled")))
	case k == KeyOK:
		m.promptOK()
	case k == KeyCorr && p.kind == promptSignature:
		m.promptTouched("clear")
	case k == KeyCorr && p.typed != "":
		r := []rune(p.typed)
		m.promptTyped(string(r[:len(r)-1]))
	case k.digit() && (p.kind == promptMenu || p.kind == promptConfirm):
		if n := int(k[0] - '1'); n >= 0 && n < len(m.v.screen.Items) {
			m.promptTouched(m.v.screen.Items[n].ID)
		}
	case k.digit() && p.kind == promptOneKey:
		m.promptTouched("rate:" + string(k))
	case k.digit() && p.kind != promptSignature:
		m.promptTyped(p.typed + string(k))
	}
}

// promptTyped changes what is typed, if that may be.
func (m *Machine) promptTyped(text string) {
	p := m.v.prompt
	if p.fits(text) != "" {
		return
	}
	p.typed, p.problem = text, ""
	m.showPrompt()
}

// promptTouched is an item under an input.
func (m *Machine) promptTouched(id string) {
	p := m.v.prompt
	verb, arg, _ := strings.Cut(id, ":")
	switch {
	case id == "no":
		m.endPrompt(&nexo.Input{ConfirmedFlag: new(false)}, nil)
	case id == "yes":
		m.promptOK()
	case id == "clear":
		p.strokes, p.problem = nil, ""
		m.showPrompt()
	case verb == "rate":
		p.typed = arg
		if p.kind == promptOneKey {
			m.promptOK()
			return
		}
		m.showPrompt()
	case verb == "entry":
		i := number(arg) - 1
		if !p.many() {
			clear(p.chosen)
			p.chosen[i] = true
			m.promptOK()
			return
		}
		p.chosen[i], p.problem = !p.chosen[i], ""
		m.showPrompt()
	}
}

// promptOK answers, if what is there is enough.
func (m *Machine) promptOK() {
	p := m.v.prompt
	if p.problem = m.lacks(p); p.problem != "" {
		m.showPrompt()
		return
	}
	in := &nexo.Input{}
	switch p.kind {
	case promptConfirm, promptSignature:
		in.ConfirmedFlag = new(true)
	case promptMenu:
		in.MenuEntryNumber = flags(p.chosen)
	case promptAmount:
		in.TextInput = p.decimal()
	case promptText:
		in.TextInput = p.typed
	default:
		in.DigitInput = p.typed
	}
	m.endPrompt(in, &nexo.Response{Result: nexo.ResultSuccess, AdditionalResponse: signature(p)})
}

// lacks tells the customer what is missing.
func (m *Machine) lacks(p *prompt) string {
	chosen := 0
	for _, c := range p.chosen {
		if c {
			chosen++
		}
	}
	least := p.least
	if p.kind == promptMenu && least == 0 && !p.many() {
		least = 1
	}
	switch {
	case p.kind == promptSignature && len(p.strokes) == 0:
		return m.say("Please sign")
	case p.kind == promptMenu && chosen < least:
		return m.say("Choose at least %d", least)
	case p.kind == promptMenu && chosen > p.most:
		return m.say("Choose at most %d", p.most)
	case p.kind != promptMenu && p.kind != promptConfirm && p.kind != promptSignature && len([]rune(p.typed)) < p.least:
		return m.say("At least %d characters", p.least)
	}
	return ""
}

// flags has a 1 for each entry that is chosen.
func flags(chosen []bool) []int {
	list := make([]int, len(chosen))
	for i, c := range chosen {
		if c {
			list[i] = 1
		}
	}
	return list
}

// signature is the drawing as the terminal gives it back: hexadecimal points, FFFF where the pen is lifted.
func signature(p *prompt) string {
	if p.kind != promptSignature {
		return ""
	}
	var points struct {
		Signature struct {
			X []string `json:"x"`
			Y []string `json:"y"`
		} `json:"signature"`
	}
	for _, line := range p.strokes {
		for _, at := range line {
			points.Signature.X = append(points.Signature.X, fmt.Sprintf("%X", at[0]))
			points.Signature.Y = append(points.Signature.Y, fmt.Sprintf("%X", at[1]))
		}
		points.Signature.X, points.Signature.Y = append(points.Signature.X, "FFFF"), append(points.Signature.Y, "FFFF")
	}
	raw, err := json.Marshal(points)
	if err != nil {
		return "" // strings always encode
	}
	return form("responseData", string(raw))
}

// endPrompt answers the register with what the customer did, or did not.
func (m *Machine) endPrompt(in *nexo.Input, r *nexo.Response) {
	a, p := m.d.Asked, m.v.prompt
	if a == nil || p == nil {
		return
	}
	if r == nil {
		r = &nexo.Response{Result: nexo.ResultSuccess}
	}
	answer := eachAll(a.Message, *r)
	if in != nil {
		in.InputCommand = p.data.InputCommand
	}
	answer.InputResponse.InputResult.Input = in
	if o := a.Message.InputRequest.DisplayOutput; o != nil {
		answer.InputResponse.OutputResult = &nexo.OutputResult{
			Device: o.Device, InfoQualify: o.InfoQualify, Response: nexo.Response{Result: nexo.ResultSuccess},
		}
	}
	m.stop(timerPrompt)
	m.v.prompt, m.v.stage = nil, stageNone
	m.reply(a.Message.Header, answer, Record{})
	m.rest()
}

// promptOver is the end of the customer's time, or of that of the display before.
func (m *Machine) promptOver() {
	a := m.d.Asked
	switch {
	case a == nil:
	case m.v.prompt == nil:
		m.giveScreen(a.Message)
	default:
		m.endPrompt(nil, failure(nexo.ErrorCancel, form("message", "Timed out")))
	}
}

// answerPrompt is what the control API does in one step.
func (m *Machine) answerPrompt(in Answered) (problem string) {
	p := m.v.prompt
	if p == nil || m.d.Asked == nil {
		return "the register asks for nothing now"
	}
	switch {
	case in.Cancel:
		m.promptKey(KeyStop)
		return ""
	case in.Confirm != nil && !*in.Confirm && p.kind == promptConfirm:
		m.promptTouched("no")
		return ""
	case in.Confirm != nil && *in.Confirm && (p.kind == promptConfirm || p.kind == promptSignature):
	case in.Digits != nil && p.kind != promptText && p.kind != promptConfirm && p.kind != promptMenu && p.kind != promptSignature,
		in.Text != nil && p.kind == promptText:
		typed := in.Text
		if typed == nil {
			typed = in.Digits
		}
		if no := p.fits(*typed); no != "" {
			return no
		}
		p.typed = *typed
	case in.Entries != nil && p.kind == promptMenu:
		clear(p.chosen)
		for _, n := range in.Entries {
			if n < 1 || n > len(p.entries) {
				return fmt.Sprintf("entries are counted from 1 to %d", len(p.entries))
			}
			p.chosen[n-1] = true
		}
	case in.Text != nil && *in.Text != "" && p.kind == promptSignature:
		return m.draw(paint.Scribble(*in.Text, signatureWidth, signatureHeight), false)
	case len(in.Strokes) > 0 && p.kind == promptSignature:
		return m.draw(in.Strokes, in.More)
	default:
		return fmt.Sprintf("the register asks for %s", p.kind)
	}
	m.promptOK()
	if m.v.prompt != nil {
		return m.v.prompt.problem
	}
	return ""
}

// draw adds lines to a signature; without more it is given.
func (m *Machine) draw(lines [][][2]int, more bool) string {
	p := m.v.prompt
	points := 0
	for _, line := range append(p.strokes, lines...) {
		points += len(line) + 1
		for _, at := range line {
			if at[0] < 0 || at[1] < 0 || at[0] >= signatureWidth || at[1] >= signatureHeight {
				return fmt.Sprintf("points lie in %d by %d", signatureWidth, signatureHeight)
			}
		}
		if len(line) == 0 {
			return "a line has points"
		}
	}
	if points > maxPoints {
		return fmt.Sprintf("at most %d points", maxPoints)
	}
	p.strokes, p.problem = append(p.strokes, lines...), ""
	if more {
		m.showPrompt()
		return ""
	}
	m.promptOK()
	return ""
}
