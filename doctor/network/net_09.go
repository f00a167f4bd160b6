package network

import (
	"fmt"
	"strconv"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// batteryLow is NET-09: the battery was nearly empty, and the terminal switched its radio off.
func batteryLow() doctor.Rule {
	return doctor.Rule{
		ID: "NET-09", Code: "battery_low_radio_off", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach, doctor.NeedTelemetry}, Rank: doctor.RankTerminal + 2, Who: doctor.Shop,
		Symptoms: []string{"battery low", "disconnected", "dark screen"},
		Explains: []string{"wifi_lost", "never_delivered", "terminal_offline", "send_failed", "weak_signal", "battery_not_charging", "link_unstable"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The battery ran down and the radio went off",
				NL: "De batterij raakte leeg en de zender ging uit",
				FR: "La batterie s'est vidée et la radio s'est coupée",
				IT: "La batteria si è scaricata e la radio si è spenta",
				ES: "La batería se agotó y la radio se apagó",
			},
			Shop: doctor.Text{
				EN: "{name} was at {battery} % and lost its connection: put it on its base or charger, and leave it there for 30 minutes.",
				NL: "{name} stond op {battery} % en raakte zijn verbinding kwijt: zet hem op zijn basis of lader en laat hem daar 30 minuten.",
				FR: "{name} était à {battery} % et a perdu sa connexion : posez-le sur sa base ou son chargeur et laissez-le 30 minutes.",
				IT: "{name} era al {battery} % e ha perso il collegamento: mettilo sulla base o sul caricatore e lascialo lì 30 minuti.",
				ES: "{name} estaba al {battery} % y perdió la conexión: póngalo en su base o cargador y déjelo 30 minutos.",
			},
			Fix: doctor.Text{
				EN: "Charge it overnight. When it runs down within a day, the battery or its charger is worn: return it.",
				NL: "Laad hem 's nachts op. Is hij binnen een dag leeg, dan is de batterij of lader versleten: stuur hem terug.",
				FR: "Chargez-le la nuit. S'il se vide en une journée, la batterie ou le chargeur est usé : renvoyez-le.",
				IT: "Caricalo di notte. Se si scarica in un giorno, la batteria o il caricatore è consumato: restituiscilo.",
				ES: "Cárguelo por la noche. Si se agota en un día, la batería o el cargador está gastado: devuélvalo.",
			},
		},
		Developer: "The terminal went silent with an empty battery. Orders for it wait until they expire.",
		Runbook:   "At a tenth and less some models switch the radio off first, and the screen stays on for a while. Its last report before the loss has the charge.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			g, ok := past.Without(c)
			switch {
			case !ok:
				return doctor.No("it had a link")
			case !g.Broke():
				return doctor.No("its link was ended: " + g.Reason)
			case past.Order(c) == nil && !g.Until.IsZero():
				return doctor.No("it is back")
			}
			t, ok := before(c, g)
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "it had not told its charge by then")
			case t.Battery == nil:
				return doctor.No("the model has no battery")
			case *t.Battery > empty || t.Charging:
				return doctor.No(fmt.Sprintf("its battery was at %d %% before, charging %v", *t.Battery, t.Charging))
			case g.From.Sub(t.At) > stillTells:
				return doctor.No("what it told of its battery was hours before")
			}
			args := past.Args(c)
			args["battery"] = strconv.Itoa(*t.Battery)
			evidence := []doctor.Evidence{past.Reported(t, fmt.Sprintf("battery %d %%, not charging", *t.Battery)), g.Evidence()}
			if *t.Battery <= empty/2 {
				return doctor.Found(args, evidence...)
			}
			return doctor.Likely(args, evidence...)
		},
	}
}

// The charge, in per cent, at which radios are switched off, and how old a report of it may be.
const (
	empty      = 10
	stillTells = 2 * time.Hour
)
