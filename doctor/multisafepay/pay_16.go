package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// manualInputOn is PAY-16: what is typed in on the terminal keeps orders from its screen.
func manualInputOn() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-16", Code: "manual_input_enabled", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Terminal},
		Rank: doctor.RankOrder + 3, Who: doctor.Shop,
		Explains: []string{"never_delivered", "cloud_mode_off"},
		Symptoms: []string{"payment does not start", "order not shown"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Manual input is still on",
				NL: "Handmatige invoer staat nog aan",
				FR: "La saisie manuelle est encore active",
				IT: "Inserimento manuale ancora attivo",
				ES: "La entrada manual sigue activa",
			},
			Shop: doctor.Text{
				EN: "Terminal {terminal} is set to type amounts in by hand; switch Manual input off in its settings, then start the payment again.",
				NL: "Terminal {terminal} staat op handmatig bedragen invoeren; zet Handmatige invoer uit in de instellingen en start de betaling opnieuw.",
				FR: "Le terminal {terminal} est réglé sur la saisie manuelle des montants ; désactivez Saisie manuelle dans ses réglages, puis relancez le paiement.",
				IT: "Il terminale {terminal} è impostato per digitare gli importi a mano; disattiva Inserimento manuale nelle impostazioni e riavvia il pagamento.",
				ES: "El terminal {terminal} está puesto para teclear los importes; desactive Entrada manual en sus ajustes e inicie de nuevo el pago.",
			},
			Fix: doctor.Text{
				EN: "Switch Manual input off on the terminal before the register, a web page or an app starts payments on it.",
				NL: "Zet Handmatige invoer uit op de terminal voordat de kassa, een webpagina of een app er betalingen op start.",
				FR: "Désactivez la saisie manuelle du terminal avant que la caisse, une page web ou une application n'y lance des paiements.",
				IT: "Disattiva l'inserimento manuale sul terminale prima che la cassa, una pagina web o un'app vi avvii pagamenti.",
				ES: "Desactive la entrada manual en el terminal antes de que la caja, una página web o una aplicación inicie pagos en él.",
			},
		},
		Developer: "The order is stored and waits; nothing in the request can change the mode of the terminal.",
		Runbook:   "The terminal reports manualInput. See also whether its cloud mode is off: one switch may have changed both.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o, otherwise := untold(c)
			if o == nil {
				return otherwise
			}
			t, ok := saidAt(c, o.POIID, waitedUntil(c, o))
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "the terminal had not told its mode")
			case !t.ManualInput:
				return doctor.No("manual input was off at " + past.Instant(t.At))
			}
			return doctor.Found(map[string]string{"terminal": o.TID}, past.Reported(t, "manual input on, told at "+past.Instant(t.At)),
				ofOrder(c, o, "made for terminal "+o.TID+", and waits "+doctor.Seconds(wait(c, o))+" s for a screen", "OrderDeferred", "OrderCreated"))
		},
	}
}
