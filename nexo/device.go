package nexo

// Messages of class Device: what a Sale System shows, asks and prints on the POI.

// OutputDevice is where something is shown or asked.
type OutputDevice string

// The devices that a POI has for its customer. The cashier's are those of the Sale System itself.
const (
	CustomerDisplay OutputDevice = "CustomerDisplay"
	CustomerInput   OutputDevice = "CustomerInput"
	CashierDisplay  OutputDevice = "CashierDisplay"
	CashierInput    OutputDevice = "CashierInput"
)

// OutputFormat is the form of an OutputContent.
type OutputFormat string

// The forms.
const (
	FormatText       OutputFormat = "Text"
	FormatMessageRef OutputFormat = "MessageRef" // a text or picture that the POI has, by its name
	FormatXHTML      OutputFormat = "XHTML"
	FormatBarCode    OutputFormat = "BarCode"
)

// DisplayRequest shows things.
type DisplayRequest struct {
	DisplayOutput []DisplayOutput `json:"DisplayOutput"`
}

// DisplayOutput is one thing to show.
type DisplayOutput struct {
	Device      OutputDevice `json:"Device"`
	InfoQualify string       `json:"InfoQualify"` // Display, Status, Error, Input, Receipt …
	// ResponseRequiredFlag is true where it is absent.
	ResponseRequiredFlag *bool `json:"ResponseRequiredFlag,omitempty"`
	// MinimumDisplayTime is in seconds, 0 to 999.
	MinimumDisplayTime int           `json:"MinimumDisplayTime,omitempty"`
	OutputContent      OutputContent `json:"OutputContent"`
	MenuEntry          []MenuEntry   `json:"MenuEntry,omitempty"`
}

// OutputContent is what is shown or printed.
type OutputContent struct {
	OutputFormat      OutputFormat       `json:"OutputFormat"`
	PredefinedContent *PredefinedContent `json:"PredefinedContent,omitempty"`
	OutputText        []OutputText       `json:"OutputText,omitempty"`
	// OutputXHTML is base64 of a document.
	OutputXHTML   string         `json:"OutputXHTML,omitempty"`
	OutputBarcode *OutputBarcode `json:"OutputBarcode,omitempty"`
}

// PredefinedContent names something that the POI has.
type PredefinedContent struct {
	ReferenceID string `json:"ReferenceID"`
	Language    string `json:"Language,omitempty"`
}

// OutputText is a piece of text with its looks.
type OutputText struct {
	Text            string `json:"Text"`
	CharacterSet    int    `json:"CharacterSet,omitempty"`
	StartRow        int    `json:"StartRow,omitempty"`
	StartColumn     int    `json:"StartColumn,omitempty"`
	CharacterWidth  string `json:"CharacterWidth,omitempty"`  // SingleWidth, DoubleWidth
	CharacterHeight string `json:"CharacterHeight,omitempty"` // SingleHeight, DoubleHeight, HalfHeight
	CharacterStyle  string `json:"CharacterStyle,omitempty"`  // Normal, Bold, Italic, Underline
	Alignment       string `json:"Alignment,omitempty"`       // Left, Right, Centred, Justified
	// EndOfLineFlag is true where it is absent.
	EndOfLineFlag *bool `json:"EndOfLineFlag,omitempty"`
}

// OutputBarcode is a bar code or QR code.
type OutputBarcode struct {
	BarcodeType  string `json:"BarcodeType"` // QRCode, Code128, EAN13 …; in any case of letters
	BarcodeValue string `json:"BarcodeValue"`
}

// MenuEntry is one choice.
type MenuEntry struct {
	MenuEntryTag  string       `json:"MenuEntryTag,omitempty"`
	OutputFormat  OutputFormat `json:"OutputFormat"`
	OutputText    []OutputText `json:"OutputText,omitempty"`
	DefaultEntry  bool         `json:"DefaultSelectedFlag,omitempty"`
	PredefinedRef string       `json:"ReferenceID,omitempty"`
}

// DisplayResponse tells what became of each DisplayOutput that wants a response.
type DisplayResponse struct {
	OutputResult []OutputResult `json:"OutputResult,omitempty"`
}

// OutputResult is what became of one output.
type OutputResult struct {
	Device      OutputDevice `json:"Device"`
	InfoQualify string       `json:"InfoQualify"`
	Response    Response     `json:"Response"`
}

// InputCommand is the kind of input.
type InputCommand string

// The commands that a POI of Kassa takes.
const (
	GetConfirmation InputCommand = "GetConfirmation"
	GetMenuEntry    InputCommand = "GetMenuEntry"
	DigitString     InputCommand = "DigitString"
	DecimalString   InputCommand = "DecimalString"
	TextString      InputCommand = "TextString"
)

// InputRequest asks the customer for something.
type InputRequest struct {
	DisplayOutput *DisplayOutput `json:"DisplayOutput,omitempty"`
	InputData     InputData      `json:"InputData"`
}

// InputData says what is asked for. Times are in seconds, lengths in characters.
type InputData struct {
	Device             OutputDevice `json:"Device"`
	InfoQualify        string       `json:"InfoQualify"`
	InputCommand       InputCommand `json:"InputCommand"`
	MaxInputTime       int          `json:"MaxInputTime,omitempty"`
	MinLength          int          `json:"MinLength,omitempty"`
	MaxLength          int          `json:"MaxLength,omitempty"`
	MaxDecimalLength   int          `json:"MaxDecimalLength,omitempty"`
	DefaultInputString string       `json:"DefaultInputString,omitempty"`
	StringMask         string       `json:"StringMask,omitempty"`
	// MaskCharactersFlag hides what is typed.
	MaskCharactersFlag bool `json:"MaskCharactersFlag,omitempty"`
}

// InputResponse is what the customer did.
type InputResponse struct {
	OutputResult *OutputResult `json:"OutputResult,omitempty"`
	InputResult  InputResult   `json:"InputResult"`
}

// InputResult is the input, where there is one.
type InputResult struct {
	Device      OutputDevice `json:"Device"`
	InfoQualify string       `json:"InfoQualify"`
	Response    Response     `json:"Response"`
	Input       *Input       `json:"Input,omitempty"`
}

// Input is what was typed, chosen or confirmed.
type Input struct {
	InputCommand  InputCommand `json:"InputCommand"`
	ConfirmedFlag *bool        `json:"ConfirmedFlag,omitempty"`
	// MenuEntryNumber has a 1 for each entry that was chosen and a 0 for each other one.
	MenuEntryNumber []int `json:"MenuEntryNumber,omitempty"`
	// DigitInput and TextInput are strings, so that leading zeros stay.
	DigitInput string `json:"DigitInput,omitempty"`
	TextInput  string `json:"TextInput,omitempty"`
}

// PrintRequest prints.
type PrintRequest struct {
	PrintOutput PrintOutput `json:"PrintOutput"`
}

// PrintOutput is one document.
type PrintOutput struct {
	DocumentQualifier     string        `json:"DocumentQualifier"` // SaleReceipt, CashierReceipt, CustomerReceipt, Document, Journal, Voucher
	ResponseMode          string        `json:"ResponseMode"`      // PrintEnd, Immediate, NotRequired, SoundEnd
	IntegratedPrintFlag   bool          `json:"IntegratedPrintFlag,omitempty"`
	RequiredSignatureFlag bool          `json:"RequiredSignatureFlag,omitempty"`
	OutputContent         OutputContent `json:"OutputContent"`
}

// PrintResponse tells what became of a document.
type PrintResponse struct {
	DocumentQualifier string   `json:"DocumentQualifier"`
	Response          Response `json:"Response"`
}

// EventNotification is what a POI says without being asked.
type EventNotification struct {
	TimeStamp     string `json:"TimeStamp"`     // ISO 8601, UTC
	EventToNotify string `json:"EventToNotify"` // CardInserted, CardRemoved, SaleWakeUp, Shutdown, Initialised …
	// EventDetails is form-encoded.
	EventDetails            string `json:"EventDetails,omitempty"`
	MaintenanceRequiredFlag bool   `json:"MaintenanceRequiredFlag,omitempty"`
}
