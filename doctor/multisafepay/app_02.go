package multisafepay

import (
	"strings"

	"kassa/doctor"
	"kassa/doctor/past"
)

// amountNotCents is APP-02: the amount is missing, or is not whole cents.
func amountNotCents() doctor.Rule {
	return doctor.Rule{
		ID: "APP-02", Code: "amount_not_cents", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Key, doctor.Order},
		Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 6, Who: doctor.Developer,
		Symptoms: []string{"payment not processed", "amount must be"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The amount is not in whole cents",
				NL: "Het bedrag is niet in hele centen",
				FR: "Le montant n'est pas en centimes entiers",
				IT: "L'importo non è in centesimi interi",
				ES: "El importe no está en céntimos enteros",
			},
			Shop: doctor.Text{
				EN: "The cash register sends an amount that cannot be read; no payment was started, tell who maintains the register.",
				NL: "De kassa stuurt een bedrag dat niet te lezen is; er is geen betaling gestart, meld het aan wie de kassa onderhoudt.",
				FR: "La caisse envoie un montant illisible ; aucun paiement n'a été lancé, prévenez le responsable de la caisse.",
				IT: "La cassa invia un importo illeggibile; nessun pagamento è partito, avvisa chi segue la cassa.",
				ES: "La caja envía un importe ilegible; no se inició ningún pago, avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Send amount as a whole number of cents: 1250 for 12.50.",
				NL: "Stuur amount als geheel aantal centen: 1250 voor 12,50.",
				FR: "Envoyez amount en nombre entier de centimes : 1250 pour 12,50.",
				IT: "Invia amount come numero intero di centesimi: 1250 per 12,50.",
				ES: "Envíe amount como número entero de céntimos: 1250 para 12,50.",
			},
		},
		Developer: "Field amount; in an Intent it must be a long. Nothing was stored.",
		Runbook:   "An older app library (before 1.0.8) reads the prices of the items instead of amount.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, mended, found := lately(c, func(call doctor.Call) bool {
				return call.Reason == "validation" && call.Field == "amount" && !strings.Contains(call.Route+call.ErrorInfo, "refund")
			})
			switch {
			case !found:
				return doctor.No("no amount was refused within a day")
			case mended:
				return doctor.No("orders have been accepted since the refusal at " + past.Instant(call.At))
			}
			return doctor.Found(nil, called(call))
		},
	}
}
