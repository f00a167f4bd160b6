package multisafepay

import (
	"kassa/doctor"
)

// noCallback is APP-03: the app hears nothing of the end of a payment.
func noCallback() doctor.Rule {
	return doctor.Rule{
		ID: "APP-03", Code: "app_no_callback", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Terminal},
		Rank: doctor.RankHook + 7, Who: doctor.Developer,
		Symptoms: []string{"no callback", "app gets no result"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The app does not hear the result",
				NL: "De app krijgt de uitslag niet",
				FR: "L'application ne reçoit pas le résultat",
				IT: "L'app non riceve il risultato",
				ES: "La aplicación no recibe el resultado",
			},
			Shop: doctor.Text{
				EN: "Look at the receipt or in History for the result; the app does not get it, tell who made the app.",
				NL: "Kijk op de bon of in de geschiedenis voor de uitslag; de app krijgt hem niet, meld het aan de maker.",
				FR: "Voyez le résultat sur le ticket ou dans l'historique ; l'application ne le reçoit pas, prévenez son éditeur.",
				IT: "Guarda il risultato sullo scontrino o nella cronologia; l'app non lo riceve, avvisa chi l'ha fatta.",
				ES: "Mire el resultado en el recibo o en el historial; la aplicación no lo recibe, avise a quien la hizo.",
			},
			Fix: doctor.Text{
				EN: "Send package_name in the Intent, make the activity singleTask, and read the result in onNewIntent().",
				NL: "Stuur package_name mee in de Intent, maak de activity singleTask en lees de uitslag in onNewIntent().",
				FR: "Envoyez package_name dans l'Intent, mettez l'activité en singleTask et lisez le résultat dans onNewIntent().",
				IT: "Invia package_name nell'Intent, rendi l'activity singleTask e leggi il risultato in onNewIntent().",
				ES: "Envíe package_name en el Intent, ponga la actividad en singleTask y lea el resultado en onNewIntent().",
			},
			Question: doctor.Text{
				EN: "Does the payment end on the terminal, and the app stays as it was?",
				NL: "Eindigt de betaling op de terminal en blijft de app zoals ze was?",
				FR: "Le paiement se termine-t-il sur le terminal alors que l'application reste inchangée ?",
				IT: "Il pagamento finisce sul terminale e l'app resta com'era?",
				ES: "¿Termina el pago en el terminal y la aplicación sigue igual?",
			},
		},
		Runbook: "The order tells the result in any case; GET /orders/{order_id} is what the app can fall back on.",
	}
}
