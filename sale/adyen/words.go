package adyen

// receiptWords are the words of receipts by language, under the keys of their lines.
var receiptWords = map[string]map[string]string{
	"en": {
		"merchantTitle": "MERCHANT COPY", "cardholderHeader": "CARDHOLDER COPY", "txdate": "Date", "txtime": "Time", "pan": "Card",
		"panSeq": "PAN seq.", "preferredName": "Pref. name", "cardType": "Card type", "paymentMethod": "Payment method",
		"paymentMethodVariant": "Payment variant", "posEntryMode": "Entry mode", "cvmRes": "Verification", "aid": "AID", "mid": "MID",
		"tid": "TID", "ptid": "PTID", "authCode": "Auth. code", "txRef": "Tender", "mref": "Reference", "txtype": "Type",
		"amount": "Amount", "gratuity": "Tip", "totalAmount": "TOTAL", "approved": "APPROVED", "retain": "Please retain for your records",
		"thanks": "Thank you", "GOODS_SERVICES": "Goods and services", "REFUND": "Refund", "contactless": "Contactless chip", "chip": "Chip",
		"magstripe": "Magnetic stripe", "fallback": "Fallback to magnetic stripe", "entered": "Keyed",
		"cvm.onlinePIN": "PIN verified", "cvm.offlinePIN": "PIN verified", "cvm.signature": "Signature", "cvm.device": "Verified on device",
	},
	"nl": {
		"merchantTitle": "KOPIE WINKELIER", "cardholderHeader": "KOPIE KAARTHOUDER", "txdate": "Datum", "txtime": "Tijd", "pan": "Kaart",
		"panSeq": "Volgnummer", "preferredName": "Naam", "cardType": "Kaartsoort", "paymentMethod": "Betaalmethode",
		"paymentMethodVariant": "Variant", "posEntryMode": "Leesmethode", "cvmRes": "Verificatie", "aid": "AID", "mid": "MID",
		"tid": "TID", "ptid": "PTID", "authCode": "Autorisatiecode", "txRef": "Tender", "mref": "Referentie", "txtype": "Type",
		"amount": "Bedrag", "gratuity": "Fooi", "totalAmount": "TOTAAL", "approved": "AKKOORD", "retain": "Bewaar deze bon",
		"thanks": "Bedankt", "GOODS_SERVICES": "Goederen en diensten", "REFUND": "Terugbetaling", "contactless": "Contactloze chip", "chip": "Chip",
		"magstripe": "Magneetstrip", "fallback": "Magneetstrip (fallback)", "entered": "Ingetoetst",
		"cvm.onlinePIN": "Pincode gecontroleerd", "cvm.offlinePIN": "Pincode gecontroleerd", "cvm.signature": "Handtekening", "cvm.device": "Via apparaat van klant",
	},
	"fr": {
		"merchantTitle": "TICKET COMMERÇANT", "cardholderHeader": "TICKET CLIENT", "txdate": "Date", "txtime": "Heure", "pan": "Carte",
		"panSeq": "N° séq.", "preferredName": "Nom", "cardType": "Type de carte", "paymentMethod": "Moyen de paiement",
		"paymentMethodVariant": "Variante", "posEntryMode": "Lecture", "cvmRes": "Vérification", "aid": "AID", "mid": "MID",
		"tid": "TID", "ptid": "PTID", "authCode": "Autorisation", "txRef": "Tender", "mref": "Référence", "txtype": "Type",
		"amount": "Montant", "gratuity": "Pourboire", "totalAmount": "TOTAL", "approved": "ACCEPTÉ", "retain": "Ticket à conserver",
		"thanks": "Merci", "GOODS_SERVICES": "Biens et services", "REFUND": "Remboursement", "contactless": "Puce sans contact", "chip": "Puce",
		"magstripe": "Piste magnétique", "fallback": "Piste magnétique (repli)", "entered": "Saisie manuelle",
		"cvm.onlinePIN": "Code PIN vérifié", "cvm.offlinePIN": "Code PIN vérifié", "cvm.signature": "Signature", "cvm.device": "Par l'appareil du client",
	},
	"it": {
		"merchantTitle": "COPIA ESERCENTE", "cardholderHeader": "COPIA CLIENTE", "txdate": "Data", "txtime": "Ora", "pan": "Carta",
		"panSeq": "N. seq.", "preferredName": "Nome", "cardType": "Tipo di carta", "paymentMethod": "Metodo di pagamento",
		"paymentMethodVariant": "Variante", "posEntryMode": "Lettura", "cvmRes": "Verifica", "aid": "AID", "mid": "MID",
		"tid": "TID", "ptid": "PTID", "authCode": "Autorizzazione", "txRef": "Tender", "mref": "Riferimento", "txtype": "Tipo",
		"amount": "Importo", "gratuity": "Mancia", "totalAmount": "TOTALE", "approved": "APPROVATO", "retain": "Conservare lo scontrino",
		"thanks": "Grazie", "GOODS_SERVICES": "Beni e servizi", "REFUND": "Rimborso", "contactless": "Chip contactless", "chip": "Chip",
		"magstripe": "Banda magnetica", "fallback": "Banda magnetica (fallback)", "entered": "Digitata",
		"cvm.onlinePIN": "PIN verificato", "cvm.offlinePIN": "PIN verificato", "cvm.signature": "Firma", "cvm.device": "Dispositivo del cliente",
	},
	"es": {
		"merchantTitle": "COPIA COMERCIO", "cardholderHeader": "COPIA CLIENTE", "txdate": "Fecha", "txtime": "Hora", "pan": "Tarjeta",
		"panSeq": "N.º sec.", "preferredName": "Nombre", "cardType": "Tipo de tarjeta", "paymentMethod": "Medio de pago",
		"paymentMethodVariant": "Variante", "posEntryMode": "Lectura", "cvmRes": "Verificación", "aid": "AID", "mid": "MID",
		"tid": "TID", "ptid": "PTID", "authCode": "Autorización", "txRef": "Tender", "mref": "Referencia", "txtype": "Tipo",
		"amount": "Importe", "gratuity": "Propina", "totalAmount": "TOTAL", "approved": "APROBADA", "retain": "Conserve este recibo",
		"thanks": "Gracias", "GOODS_SERVICES": "Bienes y servicios", "REFUND": "Devolución", "contactless": "Chip sin contacto", "chip": "Chip",
		"magstripe": "Banda magnética", "fallback": "Banda magnética (fallback)", "entered": "Tecleada",
		"cvm.onlinePIN": "PIN verificado", "cvm.offlinePIN": "PIN verificado", "cvm.signature": "Firma", "cvm.device": "Dispositivo del cliente",
	},
}

// words finds the words of a language; English for others.
func words(language string) map[string]string {
	if w, ok := receiptWords[language]; ok {
		return w
	}
	return receiptWords["en"]
}
