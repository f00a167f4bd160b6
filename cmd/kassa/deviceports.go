package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"kassa/estate"
	"kassa/nexo"
	"kassa/sale/adyen"
)

// devicePorts join what registers show, ask and print to the links of the terminals, in both directions.
type devicePorts struct{ c *cloud }

func (p devicePorts) Answered(t estate.Terminal, exchange string, response json.RawMessage, settled func()) {
	p.c.adyen.Answered(t, exchange, response, settled)
}

func (p devicePorts) Notified(t estate.Terminal, event json.RawMessage, settled func()) {
	p.c.adyen.Notified(t, event, settled)
}

func (p devicePorts) Ask(tid, exchange string, request nexo.Message, validFor time.Duration) error {
	return p.c.pois.Ask(tid, exchange, request, validFor)
}

// Probe asks the terminal itself.
func (p devicePorts) Probe(ctx context.Context, tid string) (adyen.Condition, error) {
	probed, _, err := p.c.pois.Probe(ctx, tid, false)
	if err != nil {
		return adyen.Condition{}, err
	}
	c := adyen.Condition{CloudMode: probed.Report.CloudMode, Battery: -1}
	health := probed.Report.Health
	if health == nil {
		return c, nil
	}
	c.Known, c.Printer, c.Firmware, c.Unsent = true, string(health.Printer), health.Firmware, health.Unsent
	c.CardReader, c.PED, c.Security, c.Tampered = health.CardReader, health.PED, health.Security, health.Tampered != ""
	c.Network, c.Address = health.Network.Kind, health.Network.Address
	if health.Battery != nil {
		c.Battery = *health.Battery
	}
	return c, nil
}

// WantsProgress tells whether the terminal's display notifications have an address: in its settings, or at an
// endpoint for what terminals say.
func (p devicePorts) WantsProgress(tid string) bool {
	t, ok := p.c.registry.Terminal(tid)
	if !ok {
		return false
	}
	if value, _, set := p.c.registry.Setting(estate.Owner{Level: estate.LevelTerminal, ID: tid}, "nexo.displayUrls"); set && len(value) > 0 {
		return true
	}
	return slices.ContainsFunc(p.c.registry.EndpointsFor(adyen.Dialect, t.Account, t.Group), func(e estate.Endpoint) bool {
		return e.Type == estate.EndpointTerminalAPI
	})
}
