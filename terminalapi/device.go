package terminalapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"kassa/nexo"
)

// Display shows things on the terminal.
func (c *Client) Display(ctx context.Context, outputs ...nexo.DisplayOutput) error {
	m, err := c.Sync(ctx, Request{Category: nexo.CategoryDisplay, Body: nexo.DisplayRequest{DisplayOutput: outputs}})
	if err != nil {
		return err
	}
	var body struct {
		Response     *nexo.Response      `json:"Response"`
		OutputResult []nexo.OutputResult `json:"OutputResult"`
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return ErrNotAnswer
	}
	if body.Response != nil {
		return failureOf(nexo.CategoryDisplay, *body.Response)
	}
	for _, r := range body.OutputResult {
		if err := failureOf(nexo.CategoryDisplay, r.Response); err != nil {
			return err
		}
	}
	return nil
}

// Lines are texts to show to the customer, one a line.
func Lines(lines ...string) nexo.DisplayOutput {
	return nexo.DisplayOutput{Device: nexo.CustomerDisplay, InfoQualify: "Display",
		OutputContent: nexo.OutputContent{OutputFormat: nexo.FormatText, OutputText: texts(lines)}}
}

// Predefined is a picture that the terminal has, such as "Accepted" or "Declined", over the lines;
// "Idle" takes what is shown off again.
func Predefined(name string, lines ...string) nexo.DisplayOutput {
	o := Lines(lines...)
	o.OutputContent.OutputFormat, o.OutputContent.PredefinedContent = nexo.FormatMessageRef, &nexo.PredefinedContent{ReferenceID: name}
	return o
}

func texts(lines []string) (list []nexo.OutputText) {
	for _, l := range lines {
		list = append(list, nexo.OutputText{Text: l})
	}
	return list
}

// Question is something to ask the customer.
type Question struct {
	ServiceID   string // empty: made; with one of its own, it can be aborted
	Title, Text string
	// Wait is how long the customer has, in whole seconds; 0 leaves it to the terminal. An answer that
	// does not come is a Failure with the condition Cancel.
	Wait time.Duration
	// MinLength and MaxLength bound what is typed, or how many entries are chosen; 0 is no bound.
	MinLength, MaxLength int
	Default              string
	Hide                 bool // shows dots for what is typed
	// Content names another form of the same question, such as "GetPhoneNumber" for Digits.
	Content string
}

// ask sends a question and returns its input and the AdditionalResponse with it.
func (c *Client) ask(ctx context.Context, q Question, content string, in nexo.InputData, lines []string, menu []nexo.MenuEntry) (nexo.Input, string, error) {
	if q.Content != "" {
		content = q.Content
	}
	in.Device, in.InfoQualify, in.MaxInputTime = nexo.CustomerInput, "Input", int(q.Wait/time.Second)
	in.MinLength, in.MaxLength, in.DefaultInputString, in.MaskCharactersFlag = q.MinLength, q.MaxLength, q.Default, q.Hide
	output := Lines(lines...)
	output.OutputContent.PredefinedContent = &nexo.PredefinedContent{ReferenceID: content}
	output.MenuEntry = menu
	patient := *c
	patient.Timeout = max(c.timeout(), q.Wait+time.Minute)
	m, err := patient.Sync(ctx, Request{Category: nexo.CategoryInput, ServiceID: q.ServiceID, Body: nexo.InputRequest{DisplayOutput: &output, InputData: in}})
	if err != nil {
		return nexo.Input{}, "", err
	}
	var body struct {
		Response *nexo.Response   `json:"Response"`
		Result   nexo.InputResult `json:"InputResult"`
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return nexo.Input{}, "", ErrNotAnswer
	}
	response := body.Result.Response
	if body.Response != nil { // it was refused before anybody was asked
		response = *body.Response
	}
	if err := failureOf(nexo.CategoryInput, response); err != nil {
		return nexo.Input{}, "", err
	}
	if body.Result.Input == nil {
		return nexo.Input{}, "", ErrNotAnswer
	}
	return *body.Result.Input, response.AdditionalResponse, nil
}

// Confirm shows two buttons and tells whether the customer pressed the one that accepts.
func (c *Client) Confirm(ctx context.Context, q Question, decline, accept string) (bool, error) {
	in, _, err := c.ask(ctx, q, "GetConfirmation", nexo.InputData{InputCommand: nexo.GetConfirmation}, []string{q.Title, q.Text, decline, accept}, nil)
	return in.ConfirmedFlag != nil && *in.ConfirmedFlag, err
}

// Menu lets the customer choose one of the entries, and returns its index.
func (c *Client) Menu(ctx context.Context, q Question, entries ...string) (int, error) {
	chosen, err := c.MenuMany(ctx, q, entries...)
	if err == nil && len(chosen) != 1 {
		return 0, ErrNotAnswer
	}
	if err != nil {
		return 0, err
	}
	return chosen[0], nil
}

// MenuMany lets the customer choose some of the entries, between MinLength and MaxLength of them, and
// returns their indexes.
func (c *Client) MenuMany(ctx context.Context, q Question, entries ...string) ([]int, error) {
	var menu []nexo.MenuEntry
	for _, e := range entries {
		menu = append(menu, nexo.MenuEntry{OutputFormat: nexo.FormatText, OutputText: texts([]string{e})})
	}
	in, _, err := c.ask(ctx, q, "MenuButtons", nexo.InputData{InputCommand: nexo.GetMenuEntry}, []string{q.Title, q.Text}, menu)
	if err != nil {
		return nil, err
	}
	if len(in.MenuEntryNumber) > len(entries) {
		return nil, ErrNotAnswer
	}
	var chosen []int
	for i, flag := range in.MenuEntryNumber {
		if flag != 0 {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

// Digits asks for digits, and keeps leading zeros.
func (c *Client) Digits(ctx context.Context, q Question) (string, error) {
	in, _, err := c.ask(ctx, q, "GetDigit", nexo.InputData{InputCommand: nexo.DigitString}, []string{q.prompt()}, nil)
	return in.DigitInput, err
}

// Text asks for a text.
func (c *Client) Text(ctx context.Context, q Question) (string, error) {
	in, _, err := c.ask(ctx, q, "GetText", nexo.InputData{InputCommand: nexo.TextString}, []string{q.prompt()}, nil)
	return in.TextInput, err
}

// Amount asks for an amount of a currency.
func (c *Client) Amount(ctx context.Context, q Question, currency string) (Amount, error) {
	decimals, ok := Exponent(currency)
	if !ok {
		return Amount{}, wrong("Currency", "must be three capitals")
	}
	in, _, err := c.ask(ctx, q, "GetAmount", nexo.InputData{InputCommand: nexo.DecimalString, MaxDecimalLength: decimals}, []string{q.prompt()}, nil)
	if err != nil {
		return Amount{}, err
	}
	typed := in.TextInput
	if typed == "" {
		typed = in.DigitInput
	}
	amount, err := amountOf(json.Number(typed), currency)
	if err != nil {
		return Amount{}, ErrNotAnswer
	}
	return amount, nil
}

// prompt is the one text of a question that somebody types the answer to.
func (q Question) prompt() string {
	if q.Text == "" {
		return q.Title
	}
	return q.Text
}

// Signature asks the customer to sign on the screen. Points is JSON, as the terminal draws it.
func (c *Client) Signature(ctx context.Context, q Question) (signed bool, points []byte, err error) {
	in, additional, err := c.ask(ctx, q, "GetSignature", nexo.InputData{InputCommand: nexo.GetConfirmation}, []string{q.Title, q.Text}, nil)
	return in.ConfirmedFlag != nil && *in.ConfirmedFlag, []byte(ParseAdditional(additional)["responseData"]), err
}

// Print prints a document and waits until the paper is out.
func (c *Client) Print(ctx context.Context, content nexo.OutputContent) error {
	m, err := c.Sync(ctx, Request{Category: nexo.CategoryPrint, Body: nexo.PrintRequest{PrintOutput: nexo.PrintOutput{
		DocumentQualifier: "Document", ResponseMode: "PrintEnd", OutputContent: content}}})
	if err != nil {
		return err
	}
	var body nexo.PrintResponse
	if json.Unmarshal(m.Body, &body) != nil {
		return ErrNotAnswer
	}
	return failureOf(nexo.CategoryPrint, body.Response)
}

// PrintText prints lines of text.
func (c *Client) PrintText(ctx context.Context, lines ...string) error {
	return c.Print(ctx, nexo.OutputContent{OutputFormat: nexo.FormatText, OutputText: texts(lines)})
}

// PrintCode prints a bar code; kind is QRCode, Code128, EAN13 and so on.
func (c *Client) PrintCode(ctx context.Context, kind, value string) error {
	return c.Print(ctx, nexo.OutputContent{OutputFormat: nexo.FormatBarCode, OutputBarcode: &nexo.OutputBarcode{BarcodeType: kind, BarcodeValue: value}})
}

// PrintPNG prints a picture.
func (c *Client) PrintPNG(ctx context.Context, png []byte) error {
	page := `<?xml version="1.0" encoding="UTF-8"?><img src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(png) + `"/>`
	return c.Print(ctx, nexo.OutputContent{OutputFormat: nexo.FormatXHTML, OutputXHTML: base64.StdEncoding.EncodeToString([]byte(page))})
}
