package multisafepay

import (
	"fmt"
	"strings"

	"kassa/doctor"
	"kassa/doctor/past"
)

// smartpadNoNetwork is CONN-04: a Smartpad with a red network icon has power and no network.
func smartpadNoNetwork() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-04", Code: "smartpad_no_network", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedReach, doctor.NeedFleet}, Rank: doctor.RankTerminal + 3, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"red network icon", "no network", "disconnected", "no connection to the server"},
		Explains: offlineCodes(),
		Action:   doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The Smartpad has no network", NL: "De Smartpad heeft geen netwerk", FR: "Le Smartpad n'a pas de réseau",
				IT: "Lo Smartpad è senza rete", ES: "El Smartpad no tiene red",
			},
			Shop: doctor.Text{
				EN: "{name} has no network: push its network cable in at both ends, wait until the icon turns green, and try again.",
				NL: "{name} heeft geen netwerk: duw de netwerkkabel aan beide kanten goed vast, wacht tot het pictogram groen wordt en probeer het opnieuw.",
				FR: "{name} n'a pas de réseau : enfoncez bien le câble réseau aux deux extrémités, attendez que l'icône soit verte et réessayez.",
				IT: "{name} è senza rete: inserisci bene il cavo di rete alle due estremità, attendi che l'icona diventi verde e riprova.",
				ES: "{name} no tiene red: encaje bien el cable de red por los dos extremos, espere a que el icono se ponga verde e inténtelo de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Connect the Smartpad by cable where you can; on Wi-Fi, move it or the access point until the signal is steady.",
				NL: "Sluit de Smartpad zo mogelijk met een kabel aan; verplaats op wifi de Smartpad of het toegangspunt tot het signaal stabiel is.",
				FR: "Branchez le Smartpad par câble si possible ; en Wi-Fi, déplacez-le ou déplacez la borne jusqu'à obtenir un signal stable.",
				IT: "Collega lo Smartpad con il cavo quando puoi; con il Wi-Fi sposta lo Smartpad o il punto di accesso finché il segnale è stabile.",
				ES: "Conecte el Smartpad por cable si puede; con Wi-Fi, mueva el Smartpad o el punto de acceso hasta que la señal sea estable.",
			},
		},
		Runbook: "The screen is on and the icon red: network. The screen is dark: smartpad_power_cable. When the other terminals of the shop are away too it is the router.",
		Look: func(c *doctor.Chart) doctor.Sign {
			g, t, no := smartpadGone(c)
			if no.Because != "" {
				return no
			}
			evidence := []doctor.Evidence{smartpadModel(c), g.Evidence()}
			if f := failedAfter(c, g); f != nil {
				says := fmt.Sprintf("it was on and failed to connect %d times, at %s", f.LastFailure.Times, f.LastFailure.Step)
				return doctor.Found(about(c), append(evidence, past.Reported(*f, says))...)
			}
			if b := bootedAfter(c, g); b != nil {
				return doctor.No("it was without power, and started anew at " + past.Instant(b.Booted))
			}
			if t.Network != "" {
				evidence = append(evidence, past.Reported(t, "its network before was "+t.Network+past.Signal(t)))
			}
			return doctor.Likely(about(c), evidence...)
		},
	}
}

// offlineCodes are what people see of a terminal that is away.
func offlineCodes() []string {
	return []string{"never_delivered", "wifi_lost", "link_unstable", "terminal_offline", "send_failed", "cloud_icon_missing"}
}

// smartpad tells whether the device is a P2 Smartpad: it has no battery, and one cable for power and network.
func smartpad(c *doctor.Chart) bool {
	if c.Telemetry != nil && c.Telemetry.POIID == past.Device(c) && c.Telemetry.Model != "" {
		return strings.Contains(c.Telemetry.Model, "Smartpad")
	}
	return strings.HasPrefix(past.Device(c), "P2PAD-")
}

func smartpadModel(c *doctor.Chart) doctor.Evidence {
	return doctor.Evidence{Source: "estate", Ref: "device/" + past.Device(c), Says: past.Device(c) + " is a P2 Smartpad: it has no battery, and one cable for power and network"}
}

// smartpadGone gives the gap of a Smartpad that went away without a word, with what it had told before; or why
// there is none.
func smartpadGone(c *doctor.Chart) (past.Gap, doctor.Telemetry, doctor.Sign) {
	switch {
	case !smartpad(c):
		return past.Gap{}, doctor.Telemetry{}, doctor.No("the terminal is no Smartpad")
	case !wantsLink(c):
		return past.Gap{}, doctor.Telemetry{}, past.LinkWasThere()
	}
	g, ok := past.Without(c)
	switch {
	case !ok:
		return g, doctor.Telemetry{}, doctor.No("the Smartpad had a link")
	case !g.Broke():
		return g, doctor.Telemetry{}, doctor.No("the Smartpad did not just go away: " + g.Reason)
	case past.Order(c) == nil && c.Fleet.SameAddress > 1 && c.Fleet.SameAddressOffline >= c.Fleet.SameAddress:
		return g, doctor.Telemetry{}, doctor.No("all terminals at its address are away, so that it is not the Smartpad")
	}
	var before doctor.Telemetry
	for _, t := range past.Told(c) {
		if !t.At.After(g.From) {
			before = t
		}
	}
	return g, before, doctor.Sign{}
}

// failedAfter gives what a device told, once it was back, of tries to connect during a gap: it had power.
func failedAfter(c *doctor.Chart, g past.Gap) *doctor.Telemetry {
	return toldAfter(c, g, func(t doctor.Telemetry) bool {
		return t.LastFailure != nil && t.LastFailure.Times > 0 && !t.LastFailure.Since.Before(g.From)
	})
}

// bootedAfter gives what a device told, once it was back, of a start during a gap: it had no power before.
func bootedAfter(c *doctor.Chart, g past.Gap) *doctor.Telemetry {
	return toldAfter(c, g, func(t doctor.Telemetry) bool { return t.Booted.After(g.From) && !t.Booted.After(g.Until) })
}

// toldAfter gives the first thing that a device told over the link after a gap, if it is of some kind.
func toldAfter(c *doctor.Chart, g past.Gap, fits func(doctor.Telemetry) bool) *doctor.Telemetry {
	if g.Until.IsZero() {
		return nil
	}
	for _, t := range past.All(c) {
		if !t.At.Before(g.Until) {
			if fits(t) {
				return &t
			}
			return nil
		}
	}
	return nil
}
