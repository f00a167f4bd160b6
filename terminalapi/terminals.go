package terminalapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"kassa/nexo"
)

// ConnectedTerminals are the terminals of the merchant, and of the store where one is given, that can
// take a message now.
func (c *Client) ConnectedTerminals(ctx context.Context, store string) ([]string, error) {
	if c.Merchant == "" {
		return nil, wrong("Merchant", "is missing")
	}
	method, address := http.MethodPost, c.BaseURL+"/connectedTerminals"
	ask, err := json.Marshal(struct {
		MerchantAccount string `json:"merchantAccount"`
		Store           string `json:"store,omitempty"`
	}{c.Merchant, store})
	if err != nil {
		return nil, err
	}
	if c.Transport == CloudDevice {
		method, address, ask = http.MethodGet, c.BaseURL+"/merchants/"+url.PathEscape(c.Merchant)+"/connectedDevices", nil
		if store != "" {
			address += "?store=" + url.QueryEscape(store)
		}
	}
	raw, err := c.call(ctx, method, address, ask)
	if err != nil {
		return nil, err
	}
	var list struct {
		Terminals []string `json:"uniqueTerminalIds"`
		Devices   []string `json:"uniqueDeviceIds"`
	}
	if json.Unmarshal(raw, &list) != nil || list.Terminals == nil && list.Devices == nil {
		return nil, ErrNotAnswer
	}
	return append(list.Terminals, list.Devices...), nil
}

// Diagnosis is how a terminal is.
type Diagnosis struct {
	// Status is OK, Busy, Maintenance or Unreachable.
	Status        string
	Communication bool
	Printer       string // OK, NoPaper, PaperLow, PaperJam, OutOfOrder; empty without a printer
	// Hosts tells of each acquirer, by its ID, whether it is reached; asked for by hosts.
	Hosts map[string]bool
	// Additional has batteryLevel, firmwareVersion and so on, as far as the terminal tells them.
	Additional Additional
}

// Diagnose asks a terminal how it is, and with hosts whether it reaches those who authorise.
func (c *Client) Diagnose(ctx context.Context, hosts bool) (Diagnosis, error) {
	m, err := c.Sync(ctx, Request{Category: CategoryDiagnosis, Body: object{"HostDiagnosisFlag": hosts}})
	if err != nil {
		return Diagnosis{}, read(err)
	}
	var body struct {
		Response nexo.Response `json:"Response"`
		POI      struct {
			Status        string `json:"GlobalStatus"`
			Communication bool   `json:"CommunicationOKFlag"`
			Printer       string `json:"PrinterStatus"`
		} `json:"POIStatus"`
		Hosts []struct {
			Acquirer  text `json:"AcquirerID"`
			Reachable bool `json:"IsReachableFlag"`
		} `json:"HostStatus"`
	}
	if json.Unmarshal(m.Body, &body) != nil {
		return Diagnosis{}, ErrNotAnswer
	}
	d := Diagnosis{Status: body.POI.Status, Communication: body.POI.Communication, Printer: body.POI.Printer,
		Hosts: map[string]bool{}, Additional: ParseAdditional(body.Response.AdditionalResponse)}
	for _, h := range body.Hosts {
		d.Hosts[strings.TrimSpace(string(h.Acquirer))] = h.Reachable
	}
	return d, failureOf(CategoryDiagnosis, body.Response)
}

// read is the error of a question that changes nothing: that its answer is lost is its cause alone.
func read(err error) error {
	var unknown *Unknown
	if errors.As(err, &unknown) {
		return unknown.Cause
	}
	return err
}
