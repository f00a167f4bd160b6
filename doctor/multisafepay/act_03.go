package multisafepay

import (
	"kassa/doctor"
)

// appNotAllowed is ACT-03: the payment app is not in the device's store until its account at the vendor allows it.
func appNotAllowed() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-03", Code: "app_not_allowed", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 0, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"payment app not visible in the store", "app not found", "app missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The payment app is not allowed on the device",
				NL: "De betaalapp is niet toegestaan op het apparaat",
				FR: "L'application de paiement n'est pas autorisée sur l'appareil",
				IT: "L'app di pagamento non è consentita sul dispositivo",
				ES: "La aplicación de pago no está permitida en el dispositivo",
			},
			Shop: doctor.Text{
				EN: "The app store of the terminal does not show the payment app: ask support to allow it for this serial number.",
				NL: "De appstore van de terminal toont de betaalapp niet: vraag support om de app voor dit serienummer toe te staan.",
				FR: "Le magasin d'applications du terminal n'affiche pas l'application de paiement : demandez à l'assistance de l'autoriser pour ce numéro de série.",
				IT: "Lo store del terminale non mostra l'app di pagamento: chiedi all'assistenza di consentirla per questo numero di serie.",
				ES: "La tienda del terminal no muestra la aplicación de pago: pida a soporte que la permita para este número de serie.",
			},
			Fix: doctor.Text{
				EN: "Whitelist the payment app for the device's account in the Sunmi portal, restart the terminal and open its store again.",
				NL: "Zet de betaalapp in het Sunmi-portaal op de witte lijst van het account van het apparaat, start de terminal opnieuw en open de store weer.",
				FR: "Autorisez l'application de paiement pour le compte de l'appareil dans le portail Sunmi, redémarrez le terminal et rouvrez le magasin.",
				IT: "Autorizza l'app di pagamento per l'account del dispositivo nel portale Sunmi, riavvia il terminale e riapri lo store.",
				ES: "Autorice la aplicación de pago para la cuenta del dispositivo en el portal de Sunmi, reinicie el terminal y abra de nuevo la tienda.",
			},
			Question: doctor.Text{
				EN: "Is the payment app missing in the terminal's app store?",
				NL: "Ontbreekt de betaalapp in de appstore van de terminal?",
				FR: "L'application de paiement est-elle absente du magasin d'applications du terminal ?",
				IT: "L'app di pagamento manca nello store del terminale?",
				ES: "¿Falta la aplicación de pago en la tienda del terminal?",
			},
		},
		Runbook: "The allow-list is per vendor account and not per device: one serial that lacks the app while others have it is assigned to another account.",
	}
}
