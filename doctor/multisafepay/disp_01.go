package multisafepay

import (
	"kassa/doctor"
)

// displayGlitch is DISP-01: a display or an app that flickers or freezes is well again after a restart, or is a return.
func displayGlitch() doctor.Rule {
	return doctor.Rule{
		ID: "DISP-01", Code: "display_glitch", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 7, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"display glitch", "screen frozen", "screen flickers", "app freezes"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The display or the app misbehaves",
				NL: "Het scherm of de app doet vreemd",
				FR: "L'écran ou l'application se comporte mal",
				IT: "Lo schermo o l'app si comporta in modo anomalo",
				ES: "La pantalla o la aplicación se comporta de forma extraña",
			},
			Shop: doctor.Text{
				EN: "Restart the terminal: hold the power key and choose Restart. If the picture is still wrong, ask support.",
				NL: "Start de terminal opnieuw: houd de aan-uitknop ingedrukt en kies Opnieuw opstarten. Klopt het beeld dan nog niet, vraag support.",
				FR: "Redémarrez le terminal : maintenez la touche marche et choisissez Redémarrer. Si l'image reste anormale, contactez l'assistance.",
				IT: "Riavvia il terminale: tieni premuto il tasto di accensione e scegli Riavvia. Se l'immagine resta sbagliata, chiedi all'assistenza.",
				ES: "Reinicie el terminal: mantenga pulsada la tecla de encendido y elija Reiniciar. Si la imagen sigue mal, pida ayuda a soporte.",
			},
			Fix: doctor.Text{
				EN: "Send a restart from the terminal's page; what stays after two restarts and an update is a return for its display.",
				NL: "Stuur een herstart vanaf de pagina van de terminal; wat na twee herstarts en een update blijft, is een retour wegens het scherm.",
				FR: "Envoyez un redémarrage depuis la page du terminal ; ce qui persiste après deux redémarrages et une mise à jour est un retour pour l'écran.",
				IT: "Invia un riavvio dalla pagina del terminale; ciò che resta dopo due riavvii e un aggiornamento è un reso per lo schermo.",
				ES: "Envíe un reinicio desde la página del terminal; lo que persista tras dos reinicios y una actualización es una devolución por la pantalla.",
			},
			Question: doctor.Text{
				EN: "Does the screen flicker, freeze or show wrong things?",
				NL: "Flikkert of bevriest het scherm, of toont het verkeerde dingen?",
				FR: "L'écran clignote-t-il, se fige-t-il ou affiche-t-il des choses fausses ?",
				IT: "Lo schermo sfarfalla, si blocca o mostra cose sbagliate?",
				ES: "¿La pantalla parpadea, se congela o muestra cosas erróneas?",
			},
		},
		Runbook: "Ask for a picture or a video, and attach it to the case.",
	}
}
