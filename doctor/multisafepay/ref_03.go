package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// refundButtonOff is REF-03: the terminal is set to make no refunds.
func refundButtonOff() doctor.Rule {
	return doctor.Rule{
		ID: "REF-03", Code: "refund_button_off", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankTerminal + 7, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the settings", Href: "/terminals/{terminal}#settings"},
		Symptoms: []string{"no Refund button", "no refund button in history", "refund is missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Refunds are switched off on the terminal",
				NL: "Terugbetalen staat uit op de terminal",
				FR: "Les remboursements sont désactivés sur le terminal",
				IT: "I rimborsi sono disattivati sul terminale",
				ES: "Las devoluciones están desactivadas en el terminal",
			},
			Shop: doctor.Text{
				EN: "Open Settings > Payment on terminal {terminal}, enter the manager PIN and switch Allow refunds on; the button then shows in History.",
				NL: "Open Instellingen > Betaling op terminal {terminal}, voer de pincode van de beheerder in en zet Terugbetalen toestaan aan; de knop staat dan in de geschiedenis.",
				FR: "Ouvrez Réglages > Paiement sur le terminal {terminal}, saisissez le code du responsable et activez Autoriser les remboursements ; le bouton apparaît dans l'historique.",
				IT: "Apri Impostazioni > Pagamento sul terminale {terminal}, inserisci il PIN del responsabile e attiva Consenti rimborsi; il pulsante compare nella cronologia.",
				ES: "Abra Ajustes > Pago en el terminal {terminal}, introduzca el PIN del encargado y active Permitir reembolsos; el botón aparecerá en el historial.",
			},
			Fix: doctor.Text{
				EN: "Switch Allow refunds on, on the terminal; or refund from the dashboard or the register.",
				NL: "Zet Terugbetalen toestaan aan op de terminal, of betaal terug vanuit het dashboard of de kassa.",
				FR: "Activez les remboursements sur le terminal, ou remboursez depuis le tableau de bord ou la caisse.",
				IT: "Attiva i rimborsi sul terminale, oppure rimborsa dalla dashboard o dalla cassa.",
				ES: "Active las devoluciones en el terminal, o devuelva desde el panel o la caja.",
			},
		},
		Developer: "POST /orders/{order_id}/refunds works whatever the terminal is set to.",
		Runbook:   "The terminal reports allowRefunds. When the administrator sets it, it cannot be changed on the terminal.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !c.Shows("refund") {
				return doctor.No("nobody misses the Refund button")
			}
			t := c.Telemetry
			switch {
			case t.AllowRefunds == nil:
				return doctor.NotKnown(doctor.NeedTelemetry, "the terminal has not told whether it makes refunds")
			case *t.AllowRefunds:
				return doctor.No("refunds are allowed on the terminal")
			}
			tid := t.TID
			if c.Terminal != nil {
				tid = c.Terminal.TID
			}
			return doctor.Found(map[string]string{"terminal": tid}, past.Reported(*t, "refunds are not allowed, told at "+past.Instant(t.At)))
		},
	}
}
