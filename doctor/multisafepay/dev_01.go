package multisafepay

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// developerMode is DEV-01: a device in developer mode has lost its certification for good, and takes no live payments.
func developerMode() doctor.Rule {
	return doctor.Rule{
		ID: "DEV-01", Code: "developer_mode", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTerminal}, Rank: doctor.RankTerminal + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"developer mode", "not PCI compliant"},
		Explains: []string{"terminal_barred", "never_delivered"},
		Action:   doctor.Action{Label: "Start a return", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is in developer mode", NL: "De terminal staat in ontwikkelaarsmodus", FR: "Le terminal est en mode développeur",
				IT: "Il terminale è in modalità sviluppatore", ES: "El terminal está en modo desarrollador",
			},
			Shop: doctor.Text{
				EN: "{name} is in developer mode and no longer safe for real cards: take another terminal for payments.",
				NL: "{name} staat in ontwikkelaarsmodus en is niet meer veilig voor echte kaarten: gebruik voor betalingen een andere terminal.",
				FR: "{name} est en mode développeur et n'est plus sûr pour de vraies cartes : utilisez un autre terminal pour les paiements.",
				IT: "{name} è in modalità sviluppatore e non è più sicuro per carte vere: usa un altro terminale per i pagamenti.",
				ES: "{name} está en modo desarrollador y ya no es seguro para tarjetas reales: use otro terminal para los pagos.",
			},
			Fix: doctor.Text{
				EN: "It cannot be undone: the device no longer complies with PCI. Keep it for tests only, and replace it in the shop.",
				NL: "Dit is niet terug te draaien: het apparaat voldoet niet meer aan PCI. Gebruik het alleen voor tests en vervang het in de winkel.",
				FR: "C'est irréversible : l'appareil n'est plus conforme à PCI. Gardez-le pour les tests et remplacez-le en magasin.",
				IT: "Non si può annullare: il dispositivo non è più conforme a PCI. Tienilo solo per le prove e sostituiscilo in negozio.",
				ES: "No se puede deshacer: el dispositivo ya no cumple PCI. Úselo solo para pruebas y sustitúyalo en la tienda.",
			},
		},
		Developer: "Orders for {terminal} are refused in the live environment; in the test environment they work, and the mark stays.",
		Runbook:   "The mode is entered with a vendor code for the TUSN, at About. Find out who asked for it; in live the terminal is barred.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o := past.Order(c)
			switch {
			case !c.Terminal.Developer && (c.Device == nil || !c.Device.Developer):
				return doctor.No("the device is not in developer mode")
			case o != nil && (c.Environment != "live" || o.Status == kassa.Completed || !o.ShownAt.IsZero()):
				return doctor.No("the order was not kept away by it: only live payments are")
			}
			return doctor.Found(about(c), c.Recorded("estate", "terminal/"+c.Terminal.TID, "the device is in developer mode", "DeveloperModeSet"))
		},
	}
}
