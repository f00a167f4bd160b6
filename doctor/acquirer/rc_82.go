package acquirer

import (
	"kassa/doctor"
)

// falseChip is RC-82: the chip's cryptogram is not the one that the issuer computes: a copied card, or one that is
// worn.
func falseChip() doctor.Rule {
	return doctor.Rule{
		ID: "RC-82", Code: "card_cryptogram_wrong", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"1000 card declined", "card declined", "82"},
		Explains: []string{"card_declined_1000", "issuer_doubts_security", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card's chip gave a wrong proof",
				NL: "De chip van de kaart gaf een fout bewijs",
				FR: "La puce de la carte a fourni une preuve erronée",
				IT: "Il chip della carta ha dato una prova errata",
				ES: "El chip de la tarjeta dio una prueba errónea",
			},
			Shop: doctor.Text{
				EN: "The bank does not accept the proof of this card's chip; do not try it again, and ask for another way to pay.",
				NL: "De bank accepteert het bewijs van de chip van deze kaart niet; probeer haar niet opnieuw en vraag om een andere betaalwijze.",
				FR: "La banque n'accepte pas la preuve de la puce de cette carte ; ne la réessayez pas et demandez un autre moyen de paiement.",
				IT: "La banca non accetta la prova del chip di questa carta; non riprovarla e chiedi un altro modo di pagare.",
				ES: "El banco no acepta la prueba del chip de esta tarjeta; no la pruebe de nuevo y pida otra forma de pago.",
			},
			Fix: doctor.Text{
				EN: "The bank replaces the card. When cards of several banks fail alike, the terminal sends wrong data: ask support.",
				NL: "De bank vervangt de kaart. Mislukken kaarten van meerdere banken zo, dan stuurt de terminal foute gegevens: vraag support.",
				FR: "La banque remplace la carte. Si des cartes de plusieurs banques échouent ainsi, le terminal envoie des données fausses : contactez l'assistance.",
				IT: "La banca sostituisce la carta. Se falliscono così carte di più banche, il terminale invia dati errati: chiedi all'assistenza.",
				ES: "El banco sustituye la tarjeta. Si fallan así tarjetas de varios bancos, el terminal envía datos erróneos: pida ayuda a soporte.",
			},
		},
		Developer: "The issuer answered {code}: the application cryptogram (tag 9F26) did not verify. Final for this card.",
		Runbook:   "A security alarm was raised. One card: a copied or worn chip, the issuer decides. Cards of several issuers: the terminal's kernel or its clock (tag 9A) is wrong.",
		Look:      decides("82"),
	}
}
