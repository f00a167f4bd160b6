package multisafepay

import (
	"kassa/doctor"
)

// payAppNotFound is APP-01: the payment app does not open.
func payAppNotFound() doctor.Rule {
	return doctor.Rule{
		ID: "APP-01", Code: "pay_app_not_found", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankTerminal + 9, Who: doctor.Developer,
		Symptoms: []string{"pay app does not open", "ActivityNotFoundException"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The payment app does not open",
				NL: "De betaalapp gaat niet open",
				FR: "L'application de paiement ne s'ouvre pas",
				IT: "L'app di pagamento non si apre",
				ES: "La aplicación de pago no se abre",
			},
			Shop: doctor.Text{
				EN: "The app cannot find the payment app on this device; tell who made the app.",
				NL: "De app vindt de betaalapp niet op dit apparaat; meld het aan de maker van de app.",
				FR: "L'application ne trouve pas l'application de paiement sur cet appareil ; prévenez son éditeur.",
				IT: "L'app non trova l'app di pagamento su questo dispositivo; avvisa chi l'ha fatta.",
				ES: "La aplicación no encuentra la de pago en este dispositivo; avise a quien la hizo.",
			},
			Fix: doctor.Text{
				EN: "Declare the three packages of the payment app under <queries> in the manifest, and ask canInitiatePayment() first.",
				NL: "Noem de drie pakketten van de betaalapp onder <queries> in het manifest en vraag eerst canInitiatePayment().",
				FR: "Déclarez les trois paquets de l'application de paiement sous <queries> dans le manifeste, et appelez d'abord canInitiatePayment().",
				IT: "Dichiara i tre pacchetti dell'app di pagamento sotto <queries> nel manifest e chiama prima canInitiatePayment().",
				ES: "Declare los tres paquetes de la aplicación de pago en <queries> del manifiesto y llame antes a canInitiatePayment().",
			},
			Question: doctor.Text{
				EN: "Does canInitiatePayment() say no although the payment app is installed?",
				NL: "Zegt canInitiatePayment() nee terwijl de betaalapp is geïnstalleerd?",
				FR: "canInitiatePayment() répond-il non alors que l'application de paiement est installée ?",
				IT: "canInitiatePayment() dice no anche se l'app di pagamento è installata?",
				ES: "¿Responde canInitiatePayment() que no aunque la aplicación de pago está instalada?",
			},
		},
		Runbook: "From Android 11 an app sees only the packages that it declares.",
	}
}
