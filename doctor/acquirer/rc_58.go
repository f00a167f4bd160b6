package acquirer

import (
	"kassa/doctor"
)

// terminalRefused is RC-58: the acquirer allows this terminal no such payment.
func terminalRefused() doctor.Rule {
	return doctor.Rule{
		ID: "RC-58", Code: "terminal_not_permitted", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "58"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer does not allow this terminal to do that",
				NL: "De acquirer staat deze terminal dat niet toe",
				FR: "L'acquéreur n'autorise pas cela à ce terminal",
				IT: "L'acquirer non lo consente a questo terminale",
				ES: "El adquirente no permite eso a este terminal",
			},
			Shop: doctor.Text{
				EN: "The payment network does not let this terminal take such payments; use another terminal and call support.",
				NL: "Het betaalnetwerk laat deze terminal zulke betalingen niet aannemen; gebruik een andere terminal en bel support.",
				FR: "Le réseau de paiement ne laisse pas ce terminal accepter de tels paiements ; utilisez un autre terminal et appelez l'assistance.",
				IT: "La rete di pagamento non lascia accettare a questo terminale tali pagamenti; usa un altro terminale e chiama l'assistenza.",
				ES: "La red de pagos no deja que este terminal acepte esos pagos; use otro terminal y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Have the acquirer enable terminal {tid} of merchant {mid} for this kind of payment and card.",
				NL: "Laat de acquirer terminal {tid} van handelaar {mid} voor dit soort betaling en kaart aanzetten.",
				FR: "Faites activer par l'acquéreur le terminal {tid} du commerçant {mid} pour ce type de paiement et de carte.",
				IT: "Fai abilitare dall'acquirer il terminale {tid} dell'esercente {mid} per questo tipo di pagamento e di carta.",
				ES: "Pida al adquirente que active el terminal {tid} del comercio {mid} para este tipo de pago y de tarjeta.",
			},
		},
		Developer: "The host answered {code} for terminal {tid} (transaction not permitted to terminal).",
		Runbook:   "Compare with a terminal of the same group that works. A terminal id that the acquirer has not boarded answers so too.",
		Look:      misconfigured("58"),
	}
}
