package acquirer

import (
	"kassa/doctor"
)

// hostMalfunction is RC-96: a system on the way to the issuer failed, and said so.
func hostMalfunction() doctor.Rule {
	return doctor.Rule{
		ID: "RC-96", Code: "host_malfunction", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Acquirer, Contact: doctor.GeneralSupport,
		Symptoms: []string{"1000 card declined", "card declined", "96", "system malfunction"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A payment system on the way to the bank failed",
				NL: "Een betaalsysteem op weg naar de bank viel uit",
				FR: "Un système de paiement vers la banque est en panne",
				IT: "Un sistema di pagamento verso la banca ha un guasto",
				ES: "Falló un sistema de pago en el camino al banco",
			},
			Shop: doctor.Text{
				EN: "The payment network had a fault and nothing was taken; try again in a few minutes.",
				NL: "Het betaalnetwerk had een storing en er is niets afgeschreven; probeer het over enkele minuten opnieuw.",
				FR: "Le réseau de paiement a eu une panne et rien n'a été débité ; réessayez dans quelques minutes.",
				IT: "La rete di pagamento ha avuto un guasto e non è stato addebitato nulla; riprova tra qualche minuto.",
				ES: "La red de pagos tuvo un fallo y no se cobró nada; inténtelo en unos minutos.",
			},
			Fix: doctor.Text{
				EN: "Wait and try again. When it goes on for all cards, tell the acquirer, with the time and the terminal id.",
				NL: "Wacht en probeer het opnieuw. Blijft het bij alle kaarten zo, meld het dan bij de acquirer, met tijd en terminalnummer.",
				FR: "Patientez et réessayez. Si cela continue avec toutes les cartes, prévenez l'acquéreur avec l'heure et le numéro du terminal.",
				IT: "Attendi e riprova. Se continua con tutte le carte, avvisa l'acquirer con l'ora e il numero del terminale.",
				ES: "Espere e inténtelo de nuevo. Si sigue con todas las tarjetas, avise al adquirente con la hora y el número del terminal.",
			},
		},
		Developer: "The host answered {code}. It is an answer, so that nothing is reversed; the same card may be tried again.",
		Runbook:   "06 and 96. See how often it comes on the acquirer's page; a burst on all terminals is an outage there.",
		Look:      decides("06", "96"),
	}
}
