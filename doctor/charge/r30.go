package charge

import (
	"kassa/charging"
	"kassa/doctor"
)

// currencyDiffers is R30: the tariff is in another currency than the contactless set-up.
func currencyDiffers() doctor.Rule {
	return doctor.Rule{
		ID: "R30", Code: "tariff_currency_differs", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 3, Who: doctor.Merchant,
		Symptoms: []string{"wrong currency"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The tariff is in another currency than the set-up",
				NL: "Het tarief is in een andere valuta dan de inrichting",
				FR: "Le tarif est dans une autre devise que la configuration",
				IT: "La tariffa è in una valuta diversa dalla configurazione",
				ES: "La tarifa está en otra moneda que la configuración",
			},
			Shop: doctor.Text{
				EN: "{evse} is priced in {tariff} and card payments are set up for {setup}, so cards may be refused there; use another charger.",
				NL: "{evse} is geprijsd in {tariff} en kaartbetalingen zijn ingericht voor {setup}, dus kaarten kunnen worden geweigerd; gebruik een andere lader.",
				FR: "{evse} est tarifée en {tariff} et les paiements sont configurés en {setup} : des cartes peuvent être refusées ; utilisez une autre borne.",
				IT: "{evse} ha prezzi in {tariff} e i pagamenti sono configurati in {setup}: le carte possono essere rifiutate; usa un'altra colonnina.",
				ES: "{evse} tiene precios en {tariff} y los pagos están configurados en {setup}: pueden rechazarse tarjetas; use otro cargador.",
			},
			Fix: doctor.Text{
				EN: "Give the charger a tariff in {setup}, or have the contactless set-up made for {tariff}.",
				NL: "Geef de lader een tarief in {setup}, of laat de contactloze inrichting voor {tariff} maken.",
				FR: "Donnez à la borne un tarif en {setup}, ou faites configurer le sans contact en {tariff}.",
				IT: "Assegna alla colonnina una tariffa in {setup}, o fai configurare il contactless in {tariff}.",
				ES: "Ponga al cargador una tarifa en {setup}, o haga configurar el pago sin contacto en {tariff}.",
			},
		},
		Runbook: "The set-up's currency is that of the merchant account at the acquirer: a hold in another one is declined, or converted at the driver's cost.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Charge.Setup == "" {
				return doctor.NotKnown(doctor.NeedCharge, "the contactless set-up of the charger is not known")
			}
			for _, p := range c.Charge.Points {
				t, ok := charging.Chosen(p.Tariffs, c.Now)
				if !ok || t.Currency == string(c.Charge.Setup) {
					continue
				}
				args := map[string]string{"evse": label(p), "tariff": t.Currency, "setup": string(c.Charge.Setup)}
				says := "the tariff " + t.ID + " is in " + t.Currency + ", the contactless set-up in " + args["setup"]
				return doctor.Found(args, doctor.Evidence{At: p.Heard, Source: "operator", Ref: "tariff/" + t.ID, Says: says})
			}
			return doctor.No("each tariff in use is in " + string(c.Charge.Setup))
		},
	}
}
