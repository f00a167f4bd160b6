package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// cloudModeOff is PAY-02: the terminal shows only what is started on it.
func cloudModeOff() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-02", Code: "cloud_mode_off", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Terminal},
		Rank: doctor.RankOrder + 3, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the settings", Href: "/terminals/{terminal}#settings"},
		Explains: []string{"never_delivered"},
		Symptoms: []string{"order not shown", "nothing on the terminal", "order placed but not shown"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Cloud mode is off on the terminal",
				NL: "De cloudmodus staat uit op de terminal",
				FR: "Le mode cloud est désactivé sur le terminal",
				IT: "La modalità cloud è disattivata sul terminale",
				ES: "El modo nube está desactivado en el terminal",
			},
			Shop: doctor.Text{
				EN: "Terminal {terminal} shows only what is typed in on it; open Settings > Payment and switch Cloud mode on.",
				NL: "Terminal {terminal} toont alleen wat erop wordt ingetoetst; open Instellingen > Betaling en zet de cloudmodus aan.",
				FR: "Le terminal {terminal} n'affiche que ce qui y est saisi ; ouvrez Réglages > Paiement et activez le mode cloud.",
				IT: "Il terminale {terminal} mostra solo ciò che vi si digita; apri Impostazioni > Pagamento e attiva la modalità cloud.",
				ES: "El terminal {terminal} solo muestra lo que se teclea en él; abra Ajustes > Pago y active el modo nube.",
			},
			Fix: doctor.Text{
				EN: "Switch Cloud mode on: on the terminal, or with the setting device.cloudMode. An order that still waits is then shown.",
				NL: "Zet de cloudmodus aan: op de terminal, of met de instelling device.cloudMode. Een bestelling die nog wacht, verschijnt dan.",
				FR: "Activez le mode cloud : sur le terminal, ou avec le réglage device.cloudMode. Une commande encore en attente s'affiche alors.",
				IT: "Attiva la modalità cloud: sul terminale o con l'impostazione device.cloudMode. Un ordine ancora in attesa compare allora.",
				ES: "Active el modo nube: en el terminal o con el ajuste device.cloudMode. Un pedido que aún espere aparecerá entonces.",
			},
		},
		Developer: "The answer to POST /orders carries the warning terminal_cloud_mode_off; the order waits until its lifetime is over.",
		Runbook:   "Compare the reported cloud mode with device.cloudMode: when that is set by the administrator, somebody has switched it off there.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o, otherwise := untold(c)
			if o == nil {
				return otherwise
			}
			t, ok := saidAt(c, o.POIID, waitedUntil(c, o))
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "the terminal had not told its mode")
			case t.CloudMode:
				return doctor.No("cloud mode was on at " + past.Instant(t.At))
			}
			args := map[string]string{"terminal": o.TID}
			return doctor.Found(args, past.Reported(t, "cloud mode off, told at "+past.Instant(t.At)),
				ofOrder(c, o, "made for terminal "+o.TID+", and waits "+doctor.Seconds(wait(c, o))+" s for a screen", "OrderDeferred", "OrderCreated"))
		},
	}
}
