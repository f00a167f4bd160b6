package multisafepay

import (
	"kassa/doctor"
)

// logsNeeded is SYS-03: what cannot be seen from here is in the log of the device.
func logsNeeded() doctor.Rule {
	return doctor.Rule{
		ID: "SYS-03", Code: "logs_needed", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 3, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"need logs", "collect logs", "support asks for logs"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A log of the device is needed",
				NL: "Er is een logboek van het apparaat nodig",
				FR: "Un journal de l'appareil est nécessaire",
				IT: "Serve un registro del dispositivo",
				ES: "Hace falta un registro del dispositivo",
			},
			Shop: doctor.Text{
				EN: "Support can read the log of the terminal: say when it happened, or do it again while a log is being recorded.",
				NL: "Support kan het logboek van de terminal lezen: zeg wanneer het gebeurde, of doe het opnieuw terwijl er een logboek wordt opgenomen.",
				FR: "L'assistance peut lire le journal du terminal : dites quand cela s'est produit, ou recommencez pendant un enregistrement.",
				IT: "L'assistenza può leggere il registro del terminale: indica quando è successo, o ripeti l'operazione durante una registrazione.",
				ES: "Soporte puede leer el registro del terminal: diga cuándo ocurrió, o repítalo mientras se graba un registro.",
			},
			Fix: doctor.Text{
				EN: "Make a log task: the last two hours at once, or a recording that starts later than now and covers the repeat; release it, and attach it to the case.",
				NL: "Maak een logtaak: meteen de laatste twee uur, of een opname die later dan nu begint en de herhaling omvat; geef haar vrij en voeg haar bij de zaak.",
				FR: "Créez une tâche de journal : les deux dernières heures, ou un enregistrement qui commence plus tard et couvre la répétition ; lancez-la et joignez-la au dossier.",
				IT: "Crea un'attività di registro: subito le ultime due ore, o una registrazione che inizia più tardi e copre la ripetizione; rilasciala e allegala al caso.",
				ES: "Cree una tarea de registro: las dos últimas horas, o una grabación que empiece más tarde y abarque la repetición; libérela y adjúntela al caso.",
			},
			Question: doctor.Text{
				EN: "Can you say when it happened, or make it happen again?",
				NL: "Kunt u zeggen wanneer het gebeurde, of het opnieuw laten gebeuren?",
				FR: "Pouvez-vous dire quand cela s'est produit, ou le reproduire ?",
				IT: "Puoi dire quando è successo, o farlo succedere di nuovo?",
				ES: "¿Puede decir cuándo ocurrió, o hacer que ocurra otra vez?",
			},
		},
		Runbook: "Type syslog, the serial, and a window around the instant. A task that is not released records nothing.",
	}
}
