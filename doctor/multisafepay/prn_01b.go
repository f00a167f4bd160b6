package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// noPrinter is the second line of PRN-01: the model has no printer, and none stands beside it. That is a fault only
// for who waits for paper.
func noPrinter() doctor.Rule {
	return doctor.Rule{
		ID: "PRN-01B", Code: "no_printer", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankNotice - 4, Who: doctor.Shop,
		Symptoms: []string{"does not print", "no receipt", "This terminal has no printer"},
		Action:   doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "This model has no printer", NL: "Dit model heeft geen printer", FR: "Ce modèle n'a pas d'imprimante",
				IT: "Questo modello non ha la stampante", ES: "Este modelo no tiene impresora",
			},
			Shop: doctor.Text{
				EN: "{name} is a {model} and cannot print: send the receipt by e-mail, or let the customer scan its QR code.",
				NL: "{name} is een {model} en kan niet printen: stuur de bon per e-mail of laat de klant de QR-code scannen.",
				FR: "{name} est un {model} et ne peut pas imprimer : envoyez le ticket par e-mail ou laissez le client scanner son code QR.",
				IT: "{name} è un {model} e non può stampare: invia lo scontrino per e-mail o fai inquadrare il codice QR al cliente.",
				ES: "{name} es un {model} y no puede imprimir: envíe el recibo por correo o deje que el cliente escanee su código QR.",
			},
			Fix: doctor.Text{
				EN: "Connect an external Sunmi printer (Settings, External printer, Discover), or print from the cash register.",
				NL: "Sluit een externe Sunmi-printer aan (Instellingen, Externe printer, Zoeken) of print vanuit de kassa.",
				FR: "Connectez une imprimante Sunmi externe (Paramètres, Imprimante externe, Rechercher) ou imprimez depuis la caisse.",
				IT: "Collega una stampante Sunmi esterna (Impostazioni, Stampante esterna, Cerca) o stampa dalla cassa.",
				ES: "Conecte una impresora Sunmi externa (Ajustes, Impresora externa, Buscar) o imprima desde la caja.",
			},
		},
		Runbook: "Models with a printer: P2, P3 MIX, CTAP terminals, V400m. Models without: P2 SE, P2 Smartpad.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t := *c.Telemetry
			switch {
			case t.Printer != "":
				return doctor.No("it has a printer: " + t.Printer)
			case !asksForPaper(c):
				return doctor.No("nobody waits for paper")
			}
			args := about(c)
			if args["model"] = t.Model; t.Model == "" {
				args["model"] = past.Device(c)
			}
			return doctor.Found(args, past.Reported(t, "model "+args["model"]+", no printer"))
		},
	}
}
