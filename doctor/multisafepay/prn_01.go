package multisafepay

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// doesNotPrint is PRN-01: the roll is at its end, or is none that the printer takes.
func doesNotPrint() doctor.Rule {
	return doctor.Rule{
		ID: "PRN-01", Code: "does_not_print", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankNotice - 5, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"does not print", "no receipt", "The printer is out of paper", "out of paper"},
		Action:   doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The printer has no paper", NL: "De printer heeft geen papier", FR: "L'imprimante n'a plus de papier",
				IT: "La stampante è senza carta", ES: "La impresora no tiene papel",
			},
			Shop: doctor.Text{
				EN: "{name} has no paper: put in a thermal roll of 57 or 58 mm, the shiny side up, and close the lid; what waits is printed then.",
				NL: "{name} heeft geen papier: leg er een thermische rol van 57 of 58 mm in, met de glanzende kant boven, en sluit het klepje; wat wacht wordt dan afgedrukt.",
				FR: "{name} n'a plus de papier : mettez un rouleau thermique de 57 ou 58 mm, face brillante vers le haut, et fermez le couvercle ; ce qui attend est alors imprimé.",
				IT: "{name} è senza carta: inserisci un rotolo termico da 57 o 58 mm, lato lucido verso l'alto, e chiudi lo sportello; ciò che è in attesa viene stampato.",
				ES: "{name} no tiene papel: ponga un rollo térmico de 57 o 58 mm, con la cara brillante hacia arriba, y cierre la tapa; lo pendiente se imprime entonces.",
			},
			Fix: doctor.Text{
				EN: "Change the roll; keep thermal rolls of 57 to 58 mm in the shop. If it stays blank the roll is the wrong way round or no thermal paper.",
				NL: "Vervang de rol; houd thermische rollen van 57 tot 58 mm op voorraad. Blijft het papier leeg, dan zit de rol verkeerd om of is het geen thermisch papier.",
				FR: "Changez le rouleau ; gardez des rouleaux thermiques de 57 à 58 mm en réserve. Si le papier reste blanc, le rouleau est à l'envers ou n'est pas thermique.",
				IT: "Cambia il rotolo; tieni in negozio rotoli termici da 57 a 58 mm. Se il foglio resta bianco il rotolo è al contrario o non è termico.",
				ES: "Cambie el rollo; tenga en la tienda rollos térmicos de 57 a 58 mm. Si sale en blanco, el rollo está al revés o no es térmico.",
			},
		},
		Runbook: "The payment is not touched by this. A receipt can be sent by e-mail, or read over the API.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, ok := past.Last(c)
			o := past.Order(c)
			switch {
			case o != nil && o.Status != kassa.Completed && !asksForPaper(c):
				return doctor.No("the order was not paid, and nobody waits for paper")
			case !ok:
				return notTold()
			case t.Printer == "":
				return doctor.No("the terminal has no printer")
			case t.Printer == "NoPaper":
				return doctor.Found(about(c), past.Reported(t, "printer: no paper"))
			}
			return doctor.No("printer: " + t.Printer)
		},
	}
}

// asksForPaper tells whether somebody misses a receipt on paper.
func asksForPaper(c *doctor.Chart) bool {
	return c.Shows("print") || c.Shows("receipt") || c.Shows("paper")
}
