package acquirer

import (
	"kassa/doctor"
)

// firstUse is RC-78: the card has not been put into use, or must first be used with chip and PIN.
func firstUse() doctor.Rule {
	return doctor.Rule{
		ID: "RC-78", Code: "card_not_activated", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"1000 card declined", "card declined", "78"},
		Explains: []string{"card_declined_1000", "issuer_declined", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card has not been activated",
				NL: "De kaart is nog niet geactiveerd",
				FR: "La carte n'est pas encore activée",
				IT: "La carta non è ancora attivata",
				ES: "La tarjeta aún no está activada",
			},
			Shop: doctor.Text{
				EN: "This card is new and not active yet; ask for another card, the customer activates this one at the bank.",
				NL: "Deze kaart is nieuw en nog niet actief; vraag om een andere kaart, de klant activeert deze bij de bank.",
				FR: "Cette carte est neuve et pas encore active ; demandez une autre carte, le client active celle-ci auprès de sa banque.",
				IT: "Questa carta è nuova e non ancora attiva; chiedi un'altra carta, il cliente attiva questa presso la banca.",
				ES: "Esta tarjeta es nueva y aún no está activa; pida otra tarjeta, el cliente activa esta en su banco.",
			},
			Fix: doctor.Text{
				EN: "The customer activates the card at a cash machine or in the bank's app; the first payment is with chip and PIN.",
				NL: "De klant activeert de kaart aan een geldautomaat of in de app van de bank; de eerste betaling gaat met chip en pincode.",
				FR: "Le client active la carte à un distributeur ou dans l'application de sa banque ; le premier paiement se fait avec puce et code.",
				IT: "Il cliente attiva la carta a uno sportello automatico o nell'app della banca; il primo pagamento avviene con chip e PIN.",
				ES: "El cliente activa la tarjeta en un cajero o en la aplicación del banco; el primer pago se hace con chip y PIN.",
			},
		},
		Developer: "The issuer answered {code} to the chip. On a tap it asks for the chip, which is no decline.",
		Runbook:   "78 is \"blocked, first used\" or \"no account\". On a tap the terminal asks for the chip by itself.",
		Look:      decides("78"),
	}
}
