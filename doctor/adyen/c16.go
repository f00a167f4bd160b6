package adyen

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// noResponse is C16: a request was sent and the terminal did not answer in time: the outcome must be asked for, and
// not the payment again.
func noResponse() doctor.Rule {
	return doctor.Rule{
		ID: "C16", Code: "no_response_from_poi", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder, Who: doctor.Developer, Contact: doctor.GeneralSupport,
		Symptoms: []string{"Did not receive a response from the POI", "timeout", "outcome unknown"},
		Explains: []string{"send_failed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal did not answer in time: the outcome is unknown",
				NL: "De terminal antwoordde niet op tijd: de uitkomst is onbekend",
				FR: "Le terminal n'a pas répondu à temps : le résultat est inconnu",
				IT: "Il terminale non ha risposto in tempo: l'esito è sconosciuto",
				ES: "El terminal no respondió a tiempo: el resultado se desconoce",
			},
			Shop: doctor.Text{
				EN: "Do not start the payment again: it may have been paid; look at {name}'s screen or at the payment here first.",
				NL: "Start de betaling niet opnieuw: die kan zijn betaald; kijk eerst op het scherm van {name} of naar de betaling hier.",
				FR: "Ne relancez pas le paiement : il a pu être payé ; regardez d'abord l'écran de {name} ou le paiement ici.",
				IT: "Non avviare di nuovo il pagamento: può essere stato pagato; guarda prima lo schermo di {name} o il pagamento qui.",
				ES: "No inicie el pago otra vez: puede estar pagado; mire antes la pantalla de {name} o el pago aquí.",
			},
			Fix: doctor.Text{
				EN: "Ask TransactionStatus with the same SaleID and ServiceID until it is Success or NotFound; only then send a new payment.",
				NL: "Vraag TransactionStatus met dezelfde SaleID en ServiceID tot het Success of NotFound is; stuur pas dan een nieuwe betaling.",
				FR: "Demandez TransactionStatus avec les mêmes SaleID et ServiceID jusqu'à Success ou NotFound ; alors seulement, envoyez un nouveau paiement.",
				IT: "Chiedi TransactionStatus con gli stessi SaleID e ServiceID finché è Success o NotFound; solo allora invia un nuovo pagamento.",
				ES: "Pida TransactionStatus con los mismos SaleID y ServiceID hasta que sea Success o NotFound; solo entonces envíe un pago nuevo.",
			},
		},
		Developer: "{route}: sent, and no answer before the time-out. Not a decline. Recover by TransactionStatus, at the latest after 150 s, or wait for the AUTHORISATION webhook.",
		Runbook:   "The order's own page has the outcome as soon as it is known. A 504 or closed connection at the cash register is the same case.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "poi_no_answer")
			if !ok {
				return doctor.No("the terminal answered every request")
			}
			args := past.Args(c)
			args["route"] = call.Route
			for _, o := range outcomes(c) {
				if call.OrderID == o.Ref || call.OrderID == o.ID() {
					if o.Status.Final() && past.Order(c) == nil {
						return doctor.No("the outcome has become known since: " + string(o.Status))
					}
					return doctor.Found(args, said(call), doctor.Evidence{At: o.ModifiedAt, Source: "order", Ref: "order/" + o.ID(), Says: "the order is " + string(o.Status)})
				}
			}
			if reachedSince(c, call) {
				return doctor.No("requests have reached it since")
			}
			return doctor.Found(args, said(call))
		},
	}
}

// outcomes are the orders among which that of a call may be.
func outcomes(c *doctor.Chart) []kassa.Order {
	if o := past.Order(c); o != nil {
		return append([]kassa.Order{*o}, c.Recent...)
	}
	return c.Recent
}
