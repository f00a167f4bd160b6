package help

import "kassa/doctor"

// nameOf is the name of a language in itself.
func nameOf(lang string) string {
	return map[string]string{"en": "English", "nl": "Nederlands", "fr": "Français", "it": "Italiano", "es": "Español"}[lang]
}

// sources are who says so, in the order of the list.
func sources() []doctor.Source {
	return []doctor.Source{doctor.FromMultiSafepay, doctor.FromAdyen, doctor.FromNetwork, doctor.FromAcquirer, doctor.FromKassa, doctor.FromUnattended}
}

func sourceName(s doctor.Source) string {
	return map[doctor.Source]string{
		doctor.FromMultiSafepay: "MultiSafepay's troubleshooting", doctor.FromAdyen: "Adyen's cloud connection pages", doctor.FromNetwork: "The network",
		doctor.FromAcquirer: "The acquirer", doctor.FromKassa: "Kassa itself",
		doctor.FromUnattended: "Unattended terminals",
	}[s]
}

// needName says what a part of a chart is.
func needName(n doctor.Need) string {
	return map[doctor.Need]string{
		doctor.NeedOrder: "the order", doctor.NeedRecent: "the other orders of the terminal", doctor.NeedTerminal: "the terminal, its group and its account",
		doctor.NeedDevice: "the device that is bound to the terminal", doctor.NeedReach: "the terminal's links to the cloud", doctor.NeedTelemetry: "what the device tells of itself",
		doctor.NeedSettings: "the settings in effect", doctor.NeedCalls: "calls that were refused", doctor.NeedKey: "the key, and what it opens",
		doctor.NeedHooks: "webhooks and how their tries ended", doctor.NeedAcquirer: "the link to the acquirer", doctor.NeedFleet: "how the other terminals are",
		doctor.NeedComponents: "the service status", doctor.NeedProbe: "what the terminal finds when it checks itself",
		doctor.NeedPlacing: "where and how the terminal of the charger was placed",
		doctor.NeedCharge:  "the charging session, and the link with the charge point operator",
	}[n]
}

func contactName(c doctor.Contact) string {
	return map[doctor.Contact]string{doctor.PointOfSale: "POS support", doctor.GeneralSupport: "support"}[c]
}

func whoSays(who doctor.Who, lang string) string { return words()["who_"+string(who)].In(lang) }

// words are the texts of the pages themselves.
func words() map[string]doctor.Text {
	return map[string]doctor.Text{
		"causes":     {EN: "Causes", NL: "Oorzaken", FR: "Causes possibles", IT: "Cause possibili", ES: "Causas"},
		"all_causes": {EN: "All causes", NL: "Alle oorzaken", FR: "Toutes les causes", IT: "Tutte le cause", ES: "Todas las causas"},
		"guided":     {EN: "asked of people", NL: "wordt aan mensen gevraagd", FR: "demandé aux personnes", IT: "chiesto alle persone", ES: "se pregunta a las personas"},
		"asks": {EN: "Kassa cannot see this, and asks:", NL: "Kassa kan dit niet zien en vraagt:", FR: "Kassa ne peut pas le voir et demande :",
			IT: "Kassa non può vederlo e chiede:", ES: "Kassa no puede verlo y pregunta:"},
		"todo":      {EN: "What to do", NL: "Wat te doen", FR: "Que faire", IT: "Cosa fare", ES: "Qué hacer"},
		"help":      {EN: "When that does not help:", NL: "Helpt dat niet:", FR: "Si cela n'aide pas :", IT: "Se non basta:", ES: "Si no ayuda:"},
		"developer": {EN: "For developers (English)", NL: "Voor ontwikkelaars (Engels)", FR: "Pour les développeurs (en anglais)", IT: "Per gli sviluppatori (in inglese)", ES: "Para desarrolladores (en inglés)"},
		"support":   {EN: "For support (English)", NL: "Voor support (Engels)", FR: "Pour l'assistance (en anglais)", IT: "Per l'assistenza (in inglese)", ES: "Para soporte (en inglés)"},
		"seen_by":   {EN: "What it is seen by", NL: "Waaraan het te zien is", FR: "À quoi on le voit", IT: "Da cosa si vede", ES: "En qué se ve"},
		"symptoms":  {EN: "What people see", NL: "Wat mensen zien", FR: "Ce que l'on voit", IT: "Cosa si vede", ES: "Lo que se ve"},
		"explains":  {EN: "What follows from it", NL: "Wat eruit volgt", FR: "Ce qui en découle", IT: "Cosa ne segue", ES: "Lo que se deriva"},
		"follows":   {EN: "What it may follow from", NL: "Waar het uit kan volgen", FR: "De quoi cela peut découler", IT: "Da cosa può derivare", ES: "De qué puede derivarse"},
		"facts":     {EN: "What this rests on (English)", NL: "Waar dit op rust (Engels)", FR: "Sur quoi cela repose (en anglais)", IT: "Su cosa si basa (in inglese)", ES: "En qué se basa (en inglés)"},
		"as_of":     {EN: "As of", NL: "Stand van", FR: "État au", IT: "Situazione al", ES: "Estado del"},
		"likely":    {EN: "likely", NL: "waarschijnlijk", FR: "probable", IT: "probabile", ES: "probable"},
		"check":     {EN: "Please check", NL: "Kijk dit na", FR: "Veuillez vérifier", IT: "Controlla", ES: "Compruebe"},
		"again":     {EN: "Try again", NL: "Probeer opnieuw", FR: "Réessayer", IT: "Riprova", ES: "Volver a intentar"},
		"again_next": {EN: "Done? Then make the payment again on the terminal. This page tells what was found at the time above.",
			NL: "Gedaan? Doe de betaling dan opnieuw op de terminal. Deze pagina zegt wat op het tijdstip hierboven is gevonden.",
			FR: "C'est fait ? Refaites alors le paiement sur le terminal. Cette page indique ce qui a été trouvé à l'heure ci-dessus.",
			IT: "Fatto? Ripeti allora il pagamento sul terminale. Questa pagina dice cosa è stato trovato all'ora indicata sopra.",
			ES: "¿Hecho? Repita entonces el pago en el terminal. Esta página dice lo que se encontró a la hora indicada arriba."},
		"language": {EN: "Language", NL: "Taal", FR: "Langue", IT: "Lingua", ES: "Idioma"},
		"nothing":  {EN: "There is nothing at this address", NL: "Op dit adres is niets", FR: "Il n'y a rien à cette adresse", IT: "A questo indirizzo non c'è nulla", ES: "No hay nada en esta dirección"},
		"nothing_next": {EN: "Look at the list of all causes.", NL: "Kijk in de lijst met alle oorzaken.", FR: "Consultez la liste de toutes les causes.",
			IT: "Consulta l'elenco di tutte le cause.", ES: "Consulte la lista de todas las causas."},
		"no_cause": {EN: "There is no such cause", NL: "Zo'n oorzaak is er niet", FR: "Cette cause n'existe pas", IT: "Questa causa non esiste", ES: "No existe esa causa"},
		"no_cause_next": {EN: "It may have another name in this version: look at the list of all causes.", NL: "Misschien heet hij in deze versie anders: kijk in de lijst met alle oorzaken.",
			FR: "Elle porte peut-être un autre nom dans cette version : consultez la liste de toutes les causes.",
			IT: "Forse in questa versione ha un altro nome: consulta l'elenco di tutte le cause.", ES: "Puede que en esta versión se llame de otro modo: consulte la lista de todas las causas."},
		"expired": {EN: "This link is not valid", NL: "Deze link is niet geldig", FR: "Ce lien n'est pas valable", IT: "Questo link non è valido", ES: "Este enlace no es válido"},
		"expired_next": {EN: "It has expired, or it was not copied whole. Ask whoever sent it for a new one.", NL: "Hij is verlopen of niet helemaal overgenomen. Vraag de afzender om een nieuwe.",
			FR: "Il a expiré ou n'a pas été copié en entier. Demandez-en un nouveau à l'expéditeur.",
			IT: "È scaduto o non è stato copiato per intero. Chiedine uno nuovo a chi lo ha inviato.", ES: "Ha caducado o no se copió entero. Pida uno nuevo a quien lo envió."},
		"verdict_cause_found":         {EN: "The cause was found", NL: "De oorzaak is gevonden", FR: "La cause est trouvée", IT: "La causa è stata trovata", ES: "Se encontró la causa"},
		"verdict_several_possible":    {EN: "There are several possible causes", NL: "Er zijn meerdere oorzaken mogelijk", FR: "Plusieurs causes sont possibles", IT: "Sono possibili più cause", ES: "Hay varias causas posibles"},
		"verdict_nothing_wrong":       {EN: "Nothing wrong was found", NL: "Er is niets mis gevonden", FR: "Rien d'anormal n'a été trouvé", IT: "Non è stato trovato nulla di anomalo", ES: "No se encontró nada anormal"},
		"verdict_not_enough_evidence": {EN: "Not enough is known yet", NL: "Er is nog niet genoeg bekend", FR: "On n'en sait pas encore assez", IT: "Non si sa ancora abbastanza", ES: "Todavía no se sabe lo suficiente"},
		"subject_order":               {EN: "Payment", NL: "Betaling", FR: "Paiement", IT: "Pagamento", ES: "Pago"},
		"subject_terminal":            {EN: "Terminal", NL: "Betaalterminal", FR: "Terminal de paiement", IT: "Terminale", ES: "Terminal de pago"},
		"subject_webhook":             {EN: "Webhook", NL: "Webhookmelding", FR: "Notification webhook", IT: "Notifica webhook", ES: "Aviso webhook"},
		"subject_key":                 {EN: "API key", NL: "API-sleutel", FR: "Clé API", IT: "Chiave API", ES: "Clave API"},
		"subject_installation":        {EN: "Installation", NL: "Installatie", FR: "L'installation", IT: "Installazione", ES: "Instalación"},
		"subject_charger":             {EN: "Charger", NL: "Laadpaal", FR: "Borne de recharge", IT: "Colonnina", ES: "Cargador"},
		"who_shop":                    {EN: "the staff at the terminal", NL: "het personeel bij de terminal", FR: "le personnel au terminal", IT: "il personale al terminale", ES: "el personal junto al terminal"},
		"who_developer": {EN: "the developer of the cash register", NL: "de ontwikkelaar van de kassa", FR: "le développeur de la caisse", IT: "lo sviluppatore della cassa",
			ES: "el desarrollador de la caja"},
		"who_merchant": {EN: "who runs the account", NL: "wie het account beheert", FR: "qui gère le compte", IT: "chi gestisce l'account", ES: "quien gestiona la cuenta"},
		"who_operator": {EN: "who runs this installation", NL: "wie deze installatie beheert", FR: "qui exploite cette installation", IT: "chi gestisce questa installazione",
			ES: "quien gestiona esta instalación"},
		"who_acquirer": {EN: "the acquirer or the card scheme", NL: "de acquirer of het kaartmerk", FR: "l'acquéreur ou le réseau de cartes", IT: "l'acquirer o il circuito della carta",
			ES: "el adquirente o la marca de la tarjeta"},
		"who_nobody": {EN: "nobody: it passes, or works as it should", NL: "niemand: het gaat voorbij of werkt zoals het hoort", FR: "personne : cela passe, ou fonctionne comme prévu",
			IT: "nessuno: passa, o funziona come deve", ES: "nadie: se pasa, o funciona como debe"},
	}
}
