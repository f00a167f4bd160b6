package poilink

// What an unattended POI sells: charging points, which a driver chooses on its screen and pays with a hold.

// Sells is all that a POI sells. A later one replaces it whole; one without points sells nothing.
type Sells struct {
	Points []Point `json:"points"`
	// Operator is who sells, and HelpPhone whom a driver rings when a charger does not work.
	Operator  string `json:"operator,omitempty"`
	HelpPhone string `json:"helpPhone,omitempty"`
	// Sessions are the references of the POI's sessions that go on, or have ended a short while ago. One that the POI
	// still shows and that is not among them has ended while it could not be told; null says nothing.
	Sessions []string `json:"sessions"`
}

// Point is one connector. (EVSE, Connector) is its identity, as in OCPI (uid, id).
type Point struct {
	EVSE      string `json:"evse"`
	Connector string `json:"connector"`
	// Label is what is written on it (OCPI physical_reference), and Plug what fits: "CCS 150 kW".
	Label  string      `json:"label"`
	Plug   string      `json:"plug,omitempty"`
	Status PointStatus `json:"status"`
	// Prices are shown in this order, which is that of Regulation (EU) 2023/1804, article 5.
	Prices []PriceLine `json:"prices,omitempty"`
	// HoldMinor is what is held on the card, shown before the tap; 0 where charging is free of charge.
	HoldMinor int64  `json:"holdMinor"`
	Currency  string `json:"currency"` // ISO 4217
}

// PointStatus tells whether a point can be chosen. A POI takes one that it does not know for PointUnavailable.
type PointStatus string

// The statuses of a point.
const (
	PointAvailable   PointStatus = "available"
	PointOccupied    PointStatus = "occupied"    // somebody charges there
	PointReserved    PointStatus = "reserved"    // it is kept for somebody
	PointUnavailable PointStatus = "unavailable" // out of order, or blocked
	PointOffline     PointStatus = "offline"     // nobody knows: the charger does not answer
)

// PriceLine is one component of a price, taxes included.
type PriceLine struct {
	Per PriceUnit `json:"per"`
	// Price is a decimal number of the point's currency, such as "0.595".
	Price string `json:"price"`
	// FromMinutes tells from when on the component counts; 0 from the first minute.
	FromMinutes int `json:"fromMinutes,omitempty"`
}

// PriceUnit is what a price is for.
type PriceUnit string

// The units, in the order in which they are shown.
const (
	PerKWh       PriceUnit = "kWh"
	PerMinute    PriceUnit = "minute"
	PerSession   PriceUnit = "session"
	PerIdle      PriceUnit = "idle"      // a minute in which it is plugged in and takes no energy
	PerReserving PriceUnit = "reserving" // a minute of a reservation
)

// Chosen tells that a driver wants to charge. ID is its identity, made by the POI, at most 50 characters: a
// repeat gets the same answer and never makes a second hold. The POI repeats it until it is answered by a
// Charging; what is to be paid comes as a PaymentRequest with Charging.Reference as its reference.
type Chosen struct {
	ID        string `json:"id"`
	EVSE      string `json:"evse"`
	Connector string `json:"connector"`
	Language  string `json:"language,omitempty"` // ISO 639-1, what the driver reads
}

// Stop tells that a driver wants to end a session. ID is its identity, as of Chosen.
type Stop struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	By        StopBy `json:"by"`
}

// StopBy is how a driver ended a session at the POI.
type StopBy string

// The ways to stop. The POI compares cards itself: what tells them apart never leaves it.
const (
	StopByButton StopBy = "button"
	StopByCard   StopBy = "card" // the card that paid was presented again
)

// Charging tells how far a session is; a later one of the same Reference replaces it whole.
type Charging struct {
	// Reference is the authorisation reference of the session, and the reference of its PaymentRequest; empty
	// where a choice was refused.
	Reference string `json:"reference,omitempty"`
	// Answers is the id of the Chosen or of the Stop that this answers, empty on the others.
	Answers string `json:"answers,omitempty"`
	// Exchange is that of the payment, once there is one.
	Exchange  string        `json:"exchange,omitempty"`
	EVSE      string        `json:"evse,omitempty"`
	Connector string        `json:"connector,omitempty"`
	State     ChargingState `json:"state"`
	// Text is the line for the screen where something was refused or has failed.
	Text string `json:"text,omitempty"`
	// HeldMinor is what is held, which a partial approval makes less than was asked for.
	HeldMinor int64  `json:"heldMinor,omitempty"`
	Currency  string `json:"currency,omitempty"`
	WattHours int64  `json:"wattHours,omitempty"`
	// StartedMS and EndedMS are Unix milliseconds; 0 before.
	StartedMS int64 `json:"startedMS,omitempty"`
	EndedMS   int64 `json:"endedMS,omitempty"`
	// CostMinor is the price as far as it is known; with ChargingFinished what was taken, and ReleasedMinor what
	// was given back of the hold.
	CostMinor     int64  `json:"costMinor,omitempty"`
	ReleasedMinor int64  `json:"releasedMinor,omitempty"`
	ReceiptURL    string `json:"receiptURL,omitempty"`
}

// ChargingState is how far a session is.
type ChargingState string

// The states. The last three are ends.
const (
	ChargingPaying   ChargingState = "paying"   // the PaymentRequest has come or comes
	ChargingStarting ChargingState = "starting" // the hold stands, and the charger is asked to start
	ChargingActive   ChargingState = "charging"
	ChargingStopping ChargingState = "stopping" // it was asked to stop, or has stopped and has no price yet
	ChargingFinished ChargingState = "finished" // priced and taken
	ChargingFailed   ChargingState = "failed"   // it did not start: nothing is taken
	ChargingRefused  ChargingState = "refused"  // the choice was not taken
)

// Ended tells whether nothing follows a state.
func (s ChargingState) Ended() bool {
	return s == ChargingFinished || s == ChargingFailed || s == ChargingRefused
}
