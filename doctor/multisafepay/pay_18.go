package multisafepay

import (
	"fmt"
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// closeTimeoutOff is PAY-18: the result stays on the screen until somebody closes it.
func closeTimeoutOff() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-18", Code: "close_timeout_off", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankTerminal + 9, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the settings", Href: "/terminals/{terminal}#settings"},
		Symptoms: []string{"stays on result screen", "result screen", "does not close"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The result stays until somebody closes it",
				NL: "De uitslag blijft staan tot iemand hem sluit",
				FR: "Le résultat reste affiché jusqu'à ce qu'on le ferme",
				IT: "Il risultato resta finché qualcuno non lo chiude",
				ES: "El resultado queda hasta que alguien lo cierra",
			},
			Shop: doctor.Text{
				EN: "Press Close order on the terminal; to have it close by itself, set Close timeout to 5 seconds in Settings > Payment.",
				NL: "Druk op Order afsluiten op de terminal; zet Sluiten na op 5 seconden in Instellingen > Betaling om dat vanzelf te laten gaan.",
				FR: "Appuyez sur Clore la commande sur le terminal ; pour une fermeture automatique, mettez Fermer après sur 5 secondes dans Réglages > Paiement.",
				IT: "Premi Chiudi ordine sul terminale; perché si chiuda da solo, imposta Chiudi dopo a 5 secondi in Impostazioni > Pagamento.",
				ES: "Pulse Cerrar pedido en el terminal; para que se cierre solo, ponga Cerrar tras en 5 segundos en Ajustes > Pago.",
			},
			Fix: doctor.Text{
				EN: "Set the Close timeout of the terminal to a number of seconds other than 0.",
				NL: "Zet Sluiten na van de terminal op een ander aantal seconden dan 0.",
				FR: "Réglez Fermer après du terminal sur un nombre de secondes autre que 0.",
				IT: "Imposta Chiudi dopo del terminale su un numero di secondi diverso da 0.",
				ES: "Ponga Cerrar tras del terminal en un número de segundos distinto de 0.",
			},
		},
		Developer: "The payment has ended; a next order is shown all the same.",
		Runbook:   "The terminal reports closeTimeout 0. It is meant for counters where the customer reads the result.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t := c.Telemetry
			switch {
			case t.CloseTimeout == nil:
				if c.Shows("result") || c.Shows("close") {
					return doctor.NotKnown(doctor.NeedTelemetry, "the terminal has not told its close timeout")
				}
				return doctor.No("nothing tells that a result stays on the screen")
			case *t.CloseTimeout != 0:
				return doctor.No("results close after " + fmt.Sprint(*t.CloseTimeout) + " s")
			}
			stays := slices.Contains([]string{"approved", "declined", "notCompleted", "cancelled"}, t.Screen) && c.Now.Sub(t.At) > time.Minute
			if !stays && !c.Shows("result") && !c.Shows("close") {
				return doctor.No("nothing tells that a result stays on the screen")
			}
			evidence := []doctor.Evidence{past.Reported(*t, "close timeout 0, told at "+past.Instant(t.At))}
			if stays {
				evidence = append(evidence, past.Reported(*t, "the screen has been "+t.Screen+" since"))
			}
			tid := t.TID
			if c.Terminal != nil {
				tid = c.Terminal.TID
			}
			return doctor.Found(map[string]string{"terminal": tid}, evidence...)
		},
	}
}
