package kassa

import (
	"kassa"
	"kassa/doctor"
)

// stoppedAtTerminal is KAS-26: somebody pressed Stop at the terminal.
func stoppedAtTerminal() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-26", Code: "stopped_at_terminal", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 5, Who: doctor.Shop,
		Symptoms: []string{"cancelled", "order cancelled by itself"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Stop was pressed at the terminal",
				NL: "Op de terminal is op Stop gedrukt",
				FR: "Stop a été pressé sur le terminal",
				IT: "Sul terminale è stato premuto Stop",
				ES: "Se pulsó Stop en el terminal",
			},
			Shop: doctor.Text{
				EN: "The payment was stopped with the red key of the terminal; start it again when the customer is ready.",
				NL: "De betaling is met de rode toets van de terminal gestopt; start die opnieuw als de klant klaar is.",
				FR: "Le paiement a été arrêté avec la touche rouge du terminal ; relancez-le quand le client est prêt.",
				IT: "Il pagamento è stato interrotto con il tasto rosso del terminale; avvialo di nuovo quando il cliente è pronto.",
				ES: "El pago se detuvo con la tecla roja del terminal; inícielo de nuevo cuando el cliente esté listo.",
			},
			Fix: doctor.Text{
				EN: "Make a new order. Nothing was taken.",
				NL: "Maak een nieuwe bestelling. Er is niets afgeschreven.",
				FR: "Créez une nouvelle commande. Rien n'a été débité.",
				IT: "Crea un nuovo ordine. Non è stato addebitato nulla.",
				ES: "Cree un pedido nuevo. No se cobró nada.",
			},
		},
		Developer: "The order ended with cancelled_at_poi. A repeat needs a new order id.",
		Runbook:   "Customers press the red key instead of typing a PIN again. When it happens often, look at what the screen showed before.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.End != kassa.CancelledAtPOI {
				return doctor.No("nobody pressed Stop at the terminal")
			}
			return doctor.Found(nil, ended(c, "somebody pressed Stop at the terminal"))
		},
	}
}
