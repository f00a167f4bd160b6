package kassa

import (
	"kassa"
	"kassa/doctor"
)

// holdNotClosed is KAS-22: money has been held for more than a day, and nobody has taken or released it.
func holdNotClosed() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-22", Code: "hold_not_closed", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankNotice, Who: doctor.Developer, Action: doctor.Action{Label: "See the payment", Href: "/payments/{order}"},
		Symptoms: []string{"amount reserved", "hold", "pre-authorisation"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Money is still held for this order",
				NL: "Voor deze bestelling staat nog geld gereserveerd",
				FR: "De l'argent est encore réservé pour cette commande",
				IT: "Per questo ordine c'è ancora denaro bloccato",
				ES: "Aún hay dinero retenido para este pedido",
			},
			Shop: doctor.Text{
				EN: "{amount} is still held on the customer's card; charge what is due or release it, otherwise it is released on {until}.",
				NL: "Er staat nog {amount} gereserveerd op de kaart van de klant; reken af wat nodig is of geef het vrij, anders gebeurt dat op {until}.",
				FR: "{amount} est encore réservé sur la carte du client ; encaissez le dû ou libérez-le, sinon il sera libéré le {until}.",
				IT: "{amount} è ancora bloccato sulla carta del cliente; incassa il dovuto o liberalo, altrimenti sarà liberato il {until}.",
				ES: "{amount} sigue retenido en la tarjeta del cliente; cobre lo debido o libérelo, si no se liberará el {until}.",
			},
			Fix: doctor.Text{
				EN: "Capture or release every hold when the sale is over, and let the cash register do so also when it was restarted between.",
				NL: "Int of geef elke reservering vrij als de verkoop klaar is, en laat de kassa dat ook doen als die tussendoor is herstart.",
				FR: "Capturez ou libérez chaque réservation à la fin de la vente, même si la caisse a redémarré entre-temps.",
				IT: "Incassa o libera ogni blocco a vendita finita, anche se nel frattempo la cassa è stata riavviata.",
				ES: "Cobre o libere cada retención al acabar la venta, también si la caja se reinició entretanto.",
			},
		},
		Developer: "POST the capture, or cancel what is left: {amount} of the order is held until {until}.",
		Runbook:   "Holds run out by themselves; until then the customer misses the money. Many open holds mean that the register never closes them.",
		Look: func(c *doctor.Chart) doctor.Sign {
			left := c.Order.HoldLeft()
			switch {
			case left <= 0:
				return doctor.No("nothing is held")
			case c.Now.Sub(c.Order.EndedAt) <= day:
				return doctor.No("it is held for less than a day")
			}
			amount := kassa.Money{Minor: left, Currency: c.Order.Amount.Currency}
			args := map[string]string{"order": c.Order.ID(), "amount": amount.String(), "until": c.Order.Hold.Expires.UTC().Format("2006-01-02 15:04 UTC")}
			return doctor.Found(args, c.Recorded("order", "order/"+c.Order.ID(), args["amount"]+" is held until "+args["until"], "OrderCompleted"))
		},
	}
}
