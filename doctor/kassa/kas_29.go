package kassa

import (
	"kassa"
	"kassa/doctor"
)

// amountRefused is KAS-29: the cash register asked for an amount, or a currency, that no terminal takes.
func amountRefused() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-29", Code: "amount_not_accepted", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 5, Who: doctor.Developer,
		Symptoms: []string{"invalid amount", "invalid currency", "1001"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The amount or its currency is not accepted",
				NL: "Het bedrag of de munt wordt niet geaccepteerd",
				FR: "Le montant ou sa devise n'est pas accepté",
				IT: "L'importo o la valuta non è accettato",
				ES: "El importe o su moneda no se acepta",
			},
			Shop: doctor.Text{
				EN: "The cash register sent an amount that cannot be paid; check the sum on it and start the payment again.",
				NL: "De kassa stuurde een bedrag dat niet te betalen is; controleer de som en start de betaling opnieuw.",
				FR: "La caisse a envoyé un montant impossible à payer ; vérifiez la somme et relancez le paiement.",
				IT: "La cassa ha inviato un importo che non si può pagare; controlla la somma e avvia di nuovo il pagamento.",
				ES: "La caja envió un importe que no se puede pagar; revise la suma e inicie el pago de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Send whole cents as a number, above zero, in EUR.",
				NL: "Stuur hele centen als getal, groter dan nul, in EUR.",
				FR: "Envoyez des centimes entiers, supérieurs à zéro, en EUR.",
				IT: "Invia centesimi interi, maggiori di zero, in EUR.",
				ES: "Envíe céntimos enteros, mayores que cero, en EUR.",
			},
		},
		Developer: "{route}: the amount is in whole minor units (1250 for 12.50), the currency EUR. Adyen's messages carry 12.5.",
		Runbook:   "See the call's error text. A decimal comma, or euros where cents are meant, is the usual mistake.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, string(kassa.AmountInvalid), string(kassa.CurrencyInvalid))
			if !ok {
				return doctor.No("no amount was refused")
			}
			return doctor.Found(args(call, nil), said(call))
		},
	}
}
