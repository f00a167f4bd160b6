package multisafepay

import (
	"strings"

	"kassa/doctor"
)

// autoPrintOff is the third line of PRN-01: the printer is well, and is told to print nothing by itself.
func autoPrintOff() doctor.Rule {
	return doctor.Rule{
		ID: "PRN-01C", Code: "auto_print_off", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedSettings, doctor.NeedTelemetry}, Rank: doctor.RankNotice - 3, Who: doctor.Merchant,
		Symptoms: []string{"does not print", "no receipt"},
		Action:   doctor.Action{Label: "See the settings", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Automatic printing is switched off", NL: "Automatisch afdrukken staat uit", FR: "L'impression automatique est désactivée",
				IT: "La stampa automatica è disattivata", ES: "La impresión automática está desactivada",
			},
			Shop: doctor.Text{
				EN: "{name} prints no receipts by itself: open History, choose the payment and press Print, or switch Auto-print on in the settings.",
				NL: "{name} drukt niet vanzelf bonnen af: open Geschiedenis, kies de betaling en druk op Afdrukken, of zet Automatisch afdrukken aan in de instellingen.",
				FR: "{name} n'imprime pas de ticket de lui-même : ouvrez Historique, choisissez le paiement et appuyez sur Imprimer, ou activez l'impression automatique dans les paramètres.",
				IT: "{name} non stampa scontrini da solo: apri Cronologia, scegli il pagamento e premi Stampa, o attiva la stampa automatica nelle impostazioni.",
				ES: "{name} no imprime recibos por sí solo: abra Historial, elija el pago y pulse Imprimir, o active la impresión automática en los ajustes.",
			},
			Fix: doctor.Text{
				EN: "Set {setting} to true for this terminal, or leave it to the device.",
				NL: "Zet {setting} voor deze terminal op true, of laat het aan het apparaat over.",
				FR: "Mettez {setting} à true pour ce terminal, ou laissez l'appareil décider.",
				IT: "Imposta {setting} su true per questo terminale, o lascia decidere il dispositivo.",
				ES: "Ponga {setting} en true para este terminal, o deje que decida el dispositivo.",
			},
		},
		Runbook: "The settings receiptPrinting.merchant… and shopper… of the terminal hold over its own Auto-print; the terminal shows them as set by the administrator.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !asksForPaper(c) {
				return doctor.No("nobody waits for paper")
			}
			if c.Telemetry.Printer == "" {
				return doctor.No("there is no printer")
			}
			const merchant, shopper = "receiptPrinting.merchantApproved", "receiptPrinting.shopperApproved"
			var off []string
			for _, name := range []string{merchant, shopper} {
				switch value := string(c.Settings[name].Value); {
				case value == "true":
					return doctor.No(name + " is true")
				case value == "false":
					off = append(off, name)
				}
			}
			if len(off) == 0 {
				return doctor.No("whether receipts are printed is left to the device")
			}
			args := about(c)
			args["setting"] = off[len(off)-1]
			set := c.Settings[off[len(off)-1]]
			return doctor.Found(args, c.Recorded("settings", "terminal/"+args["terminal"], strings.Join(off, " and ")+" false, set at level "+orNone(set.Origin), "SettingsChanged"))
		},
	}
}
