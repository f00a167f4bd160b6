package multisafepay

import (
	"fmt"
	"slices"

	"kassa/doctor"
	"kassa/doctor/past"
)

// dailyReboot is CONN-06: the card schemes' security rules (PCI PTS) have a terminal restart each 24 h from its
// first start, and it is away for a minute.
func dailyReboot() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-06", Code: "daily_reboot", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankTerminal + 1, Who: doctor.Nobody,
		Symptoms: []string{"terminal restarts every day", "daily outage", "restarts by itself", "reboot"},
		Explains: append(offlineCodes(), "terminal_powered_off", "smartpad_no_network", "smartpad_power_cable"),
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal was in its daily restart", NL: "De terminal was bezig met zijn dagelijkse herstart",
				FR: "Le terminal effectuait son redémarrage quotidien", IT: "Il terminale era nel suo riavvio quotidiano",
				ES: "El terminal estaba en su reinicio diario",
			},
			Shop: doctor.Text{
				EN: "{name} restarts every day around {time} for its security and is away for about a minute; wait for it and start the payment again.",
				NL: "{name} start voor de veiligheid elke dag rond {time} opnieuw en is dan ongeveer een minuut weg; wacht even en start de betaling opnieuw.",
				FR: "{name} redémarre chaque jour vers {time} pour sa sécurité et est absent environ une minute ; attendez puis relancez le paiement.",
				IT: "{name} si riavvia ogni giorno verso le {time} per sicurezza e resta assente circa un minuto; attendi e avvia di nuovo il pagamento.",
				ES: "{name} se reinicia cada día hacia las {time} por seguridad y falta un minuto aproximadamente; espere e inicie el pago de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Nothing is broken. Send no orders in that minute, or restart the terminal once at a quiet hour: the 24 hours count from its start.",
				NL: "Er is niets stuk. Stuur in die minuut geen bestellingen, of start de terminal één keer opnieuw op een rustig uur: de 24 uur tellen vanaf het opstarten.",
				FR: "Rien n'est cassé. N'envoyez pas de commande pendant cette minute, ou redémarrez le terminal une fois à une heure calme : les 24 heures comptent depuis son démarrage.",
				IT: "Non c'è nulla di rotto. Non inviare ordini in quel minuto, oppure riavvia il terminale una volta in un'ora tranquilla: le 24 ore si contano dall'avvio.",
				ES: "No hay nada roto. No envíe pedidos en ese minuto, o reinicie el terminal una vez a una hora tranquila: las 24 horas cuentan desde su arranque.",
			},
		},
		Developer: "The terminal was away for its daily restart (around {time} UTC). An order that waits is delivered when it is back, within its lifetime.",
		Runbook:   "The gaps of the last days come 24 h apart. A gap that is longer than five minutes, or at another hour, is something else.",
		Look:      lookDailyReboot,
	}
}

func lookDailyReboot(c *doctor.Chart) doctor.Sign {
	if !wantsLink(c) {
		return past.LinkWasThere()
	}
	g, ok := rebootAsked(c)
	switch {
	case !ok:
		return doctor.No("the terminal was not away for a short time then")
	case !g.Broke() && g.Reason != past.Restart:
		return doctor.No("its link ended otherwise: " + g.Reason)
	}
	rhythm := daily(c, g)
	evidence := make([]doctor.Evidence, 0, len(rhythm)+1)
	restarts := 0
	for _, r := range rhythm[max(0, len(rhythm)-5):] {
		evidence = append(evidence, r.Evidence())
		if r.Reason == past.Restart || bootedAfter(c, r) != nil {
			restarts++
		}
	}
	// Two gaps a day apart may be chance, unless the terminal said itself that it restarts; three are a rhythm.
	switch n := len(rhythm); {
	case n < 2 || n == 2 && restarts == 0:
		return doctor.No(fmt.Sprintf("%d gaps that come a day apart", n))
	case restarts == n || n > 3:
		return doctor.Found(rebootArgs(c, g), evidence...)
	}
	return doctor.Likely(rebootArgs(c, g), evidence...)
}

func rebootArgs(c *doctor.Chart, g past.Gap) map[string]string {
	args := about(c)
	args["time"] = g.From.UTC().Format("15:04")
	return args
}

// rebootAsked gives the short gap that is asked about: that in which the order fell, one that goes on, or one
// within the last hour. Earlier ones are no trouble any more.
func rebootAsked(c *doctor.Chart) (past.Gap, bool) {
	from, until := past.Span(c)
	if past.Order(c) == nil {
		from = from.Add(-past.Recently)
	}
	for _, g := range slices.Backward(past.Gaps(c)) {
		if g.Overlaps(from, until) {
			return g, lasted(g, c.Now) <= shortBreak
		}
	}
	return past.Gap{}, false
}
