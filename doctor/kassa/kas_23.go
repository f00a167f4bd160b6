package kassa

import (
	"kassa"
	"kassa/doctor"
)

// holdExpired is KAS-23: money that was held was not taken in time, and went back.
func holdExpired() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-23", Code: "hold_expired", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 3, Who: doctor.Developer,
		Symptoms: []string{"hold expired", "nothing was captured"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The held money was not charged in time",
				NL: "Het gereserveerde geld is niet op tijd afgeschreven",
				FR: "L'argent réservé n'a pas été encaissé à temps",
				IT: "Il denaro bloccato non è stato incassato in tempo",
				ES: "El dinero retenido no se cobró a tiempo",
			},
			Shop: doctor.Text{
				EN: "The reservation ran out on {until} and the money went back to the customer; make a new payment for what is due.",
				NL: "De reservering liep af op {until} en het geld ging terug naar de klant; doe een nieuwe betaling voor wat nog open staat.",
				FR: "La réservation a expiré le {until} et l'argent est revenu au client ; faites un nouveau paiement pour le montant dû.",
				IT: "La prenotazione è scaduta il {until} e il denaro è tornato al cliente; fai un nuovo pagamento per il dovuto.",
				ES: "La reserva caducó el {until} y el dinero volvió al cliente; haga un pago nuevo por lo debido.",
			},
			Fix: doctor.Text{
				EN: "Capture earlier, or ask for a longer hold when the order is made, as far as the scheme allows.",
				NL: "Int eerder, of vraag bij het maken van de bestelling een langere reservering, zover de kaartorganisatie het toestaat.",
				FR: "Capturez plus tôt, ou demandez une réservation plus longue à la création, dans la limite du réseau de cartes.",
				IT: "Incassa prima, o chiedi un blocco più lungo alla creazione dell'ordine, nei limiti del circuito.",
				ES: "Cobre antes, o pida una retención más larga al crear el pedido, hasta donde permita la marca.",
			},
		},
		Developer: "The hold ended with hold_expired on {until}; captures are refused from then on. A new authorisation needs the card again.",
		Runbook:   "HoldClosed has the reason. What was captured before stays taken.",
		Look: func(c *doctor.Chart) doctor.Sign {
			h := c.Order.Hold
			if h == nil || h.Closed != kassa.HoldExpired {
				return doctor.No("no hold has run out")
			}
			args := map[string]string{"until": h.ClosedAt.UTC().Format("2006-01-02 15:04 UTC")}
			return doctor.Found(args, c.Recorded("order", "order/"+c.Order.ID(), "the hold ran out at "+args["until"], "HoldClosed"))
		},
	}
}
