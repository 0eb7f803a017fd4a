//! Input that is lost as a whole, in French.

use vigie_profile::shown::harmless;

use super::numbers::s;
use crate::fault::{InputShape, LostInput};

/// States where input is lost, what it looks like, and the remedy.
pub(super) fn lost(loss: &LostInput) -> String {
    let line = loss.line.map_or(String::new(), |line| format!(", ligne {line}"));
    let more = match loss.more {
        0 => String::new(),
        more => format!(" (de même pour {more} autre{} fichier{})", s(more), s(more)),
    };
    let (appearance, remedy) = (appearance(loss.shape), remedy(loss.shape));
    format!("{}{line}\u{a0}: {appearance}{more}\u{a0}; {remedy}", harmless(&loss.place))
}

fn appearance(shape: InputShape) -> String {
    let text = match shape {
        InputShape::JsonArray => "on dirait un seul tableau JSON qui contient tous les enregistrements",
        InputShape::JsonText => "on dirait du JSON dans du texte JSON, chaque ligne étant une chaîne entre guillemets",
        InputShape::Indented => "on dirait du JSON indenté, où un enregistrement occupe plusieurs lignes",
        InputShape::NoLineBreaks => "on dirait des enregistrements JSON sans saut de ligne entre eux",
        InputShape::TrailingComma => "on dirait des enregistrements JSON avec une virgule à la fin de chaque ligne",
        InputShape::Prefix => "du texte précède le JSON de chaque ligne",
        InputShape::Lists => "on dirait des listes JSON sans noms de champs",
        InputShape::PythonDict => "on dirait des dictionnaires Python et non du JSON (guillemets simples)",
        InputShape::Markup => "on dirait du HTML ou du XML",
        InputShape::KeyValue => "on dirait des paires `clé=valeur` et non du JSON",
        InputShape::Csv => "on dirait du CSV",
        InputShape::Separator(',') => {
            "on dirait du CSV dont les cellules sont séparées par des virgules et non par le séparateur déclaré"
        }
        InputShape::Separator('\t') => "on dirait du CSV dont les cellules sont séparées par des tabulations",
        InputShape::Separator(separator) => {
            return format!("on dirait du CSV dont les cellules sont séparées par `{separator}`");
        }
        InputShape::NoHeader => "on dirait du CSV sans en-tête, car la première ligne contient des valeurs",
        InputShape::CellCount => {
            "aucune ligne n’a autant de cellules que l’en-tête (virgule décimale, ou texte sans guillemets\u{a0}?)"
        }
        InputShape::SepLine => {
            "la première ligne indique le séparateur (`sep=`), comme l’écrit Excel, au lieu d’un en-tête"
        }
        InputShape::OpenQuote => {
            "une cellule entre guillemets qui commence ici n’est pas refermée, et la suite s’y perd"
        }
        InputShape::Json => "on dirait du JSON",
        InputShape::Utf16 => "on dirait du texte en UTF-16",
        InputShape::NotUtf8 => "le texte n’est pas en UTF-8 (Windows-1252 ou Latin-1\u{a0}?)",
        InputShape::WrongEncoding => "le texte n’est pas dans l’encodage déclaré",
        InputShape::Binary => "on dirait des données binaires",
        InputShape::Spreadsheet => "c’est un classeur de tableur",
        InputShape::Compressed(packing) => {
            return format!("on dirait du {}, mais le nom du fichier ne l’indique pas", packing.name());
        }
        InputShape::NotCompressed => "le nom indique un fichier compressé, mais il ne l’est pas",
        InputShape::Parquet => "on dirait du Parquet, mais le nom du fichier ne l’indique pas",
        InputShape::NotParquet => "le nom indique du Parquet, mais ce n’en est pas",
        InputShape::EncryptedParquet => "c’est du Parquet chiffré",
        InputShape::UnknownName => "non lu, car le nom n’indique pas le format",
        InputShape::Unknown => "aucune ligne n’est un enregistrement",
        InputShape::NoTime => "aucun enregistrement n’a d’horodatage lisible",
        InputShape::NoProbability => "aucune ligne n’a de score entre 0 et 1",
        InputShape::NoFeatures => "aucune ligne n’a de variables",
        InputShape::UnknownInputs => "les variables de toutes les lignes ont une forme qui n’est pas prise en charge",
        InputShape::SplitEvents => {
            "certaines lignes n’ont que des variables et les autres qu’un score, comme si chaque requête faisait deux \
             événements"
        }
        InputShape::LabelValues => "aucune étiquette de cette fenêtre ne vaut 0 ou 1",
        InputShape::PaddedIds => "les identifiants des étiquettes et du journal ne diffèrent que par des zéros en tête",
        InputShape::IdCase => "les identifiants des étiquettes et du journal ne diffèrent que par la casse",
        InputShape::RoundedIds => "les identifiants du journal sont des nombres trop longs, qui sont arrondis",
    };
    text.to_owned()
}

fn remedy(shape: InputShape) -> String {
    let text = match shape {
        InputShape::JsonArray => "écrivez un enregistrement par ligne (`jq -c '.[]'`) et nommez le fichier .ndjson",
        InputShape::JsonText => {
            "écrivez les enregistrements eux-mêmes (`jq -r .` les extrait\u{a0}; dans Kafka Connect, choisissez le \
             convertisseur JSON)"
        }
        InputShape::Indented | InputShape::NoLineBreaks => "écrivez un enregistrement par ligne (`jq -c .`)",
        InputShape::TrailingComma => "écrivez un enregistrement par ligne, sans virgule entre eux (`sed 's/,$//'`)",
        InputShape::Prefix => "n’écrivez que le message dans le journal (`sed 's/^[^{]*//'` enlève ce texte)",
        InputShape::Lists => "écrivez des objets avec des noms, ou déclarez la liste dans `source.fields.features`",
        InputShape::PythonDict => "écrivez les enregistrements avec `json.dumps` et non avec `str`",
        InputShape::Csv => "nommez le fichier .csv",
        InputShape::Separator(',') => "corrigez ou enlevez `separator` dans `csv` à côté de `path`",
        InputShape::Separator(separator) => {
            let separator = if separator == '\t' { "tab".to_owned() } else { format!("\"{separator}\"") };
            return format!(
                "ajoutez `csv: {{separator: {separator}}}` à côté de `path`, avec `decimal: \",\"` pour des virgules décimales, et \
                 nommez le fichier .csv"
            );
        }
        InputShape::NoHeader => "écrivez un en-tête avec le nom des colonnes",
        InputShape::CellCount => {
            "mettez entre guillemets les textes qui contiennent une virgule, et écrivez les décimales avec un point"
        }
        InputShape::SepLine => "supprimez la première ligne (`sed 1d`)",
        InputShape::OpenQuote => "refermez les guillemets, et doublez ceux qui se trouvent dans un texte",
        InputShape::Json => "nommez le fichier .ndjson",
        InputShape::Utf16 => {
            "écrivez en UTF-8 (`iconv -f UTF-16 -t UTF-8`), ou pour du CSV ajoutez `csv: {encoding: utf-16le}` à côté de `path`"
        }
        InputShape::NotUtf8 => {
            "écrivez en UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8`), ou pour du CSV ajoutez `csv: {encoding: windows-1252}` à côté \
             de `path`"
        }
        InputShape::WrongEncoding => {
            "corrigez `encoding` dans `csv` à côté de `path`, ou enlevez-le si le fichier est en UTF-8"
        }
        InputShape::Spreadsheet => "convertissez-le en CSV (`soffice --headless --convert-to csv FICHIER`)",
        InputShape::Compressed(packing) => {
            return match packing.ending() {
                Some(ending) => format!("ajoutez {ending} à son nom"),
                None => "décompressez-le, ou compressez-le en gzip (.gz) ou en Zstandard (.zst)".to_owned(),
            };
        }
        InputShape::NotCompressed => "enlevez .gz ou .zst de son nom",
        InputShape::Parquet => "nommez le fichier .parquet",
        InputShape::EncryptedParquet => "écrivez-le sans chiffrement",
        InputShape::UnknownName => "ajoutez `format: ndjson`, `csv` ou `parquet` à côté de `path`, ou renommez-le",
        InputShape::Markup
        | InputShape::KeyValue
        | InputShape::Binary
        | InputShape::NotParquet
        | InputShape::Unknown => "écrivez un objet JSON par ligne (.ndjson), du CSV ou du Parquet",
        InputShape::NoTime => "déclarez dans `source.fields.timestamp` une date RFC 3339 ou un temps Unix",
        InputShape::NoProbability => {
            "vérifiez `source.fields.probability`\u{a0}; pour des pourcentages, ajoutez `scale: 0.01`\u{a0}; pour le nombre que \
             prédit une régression, déclarez `prediction`\u{a0}; pour des virgules décimales en CSV, ajoutez `csv: {decimal: \
             \",\"}`"
        }
        InputShape::NoFeatures | InputShape::UnknownInputs => {
            "déclarez dans `source.fields.features` un objet, une liste avec `feature_names`, ou des tenseurs nommés"
        }
        InputShape::SplitEvents => {
            "déclarez dans `source.fields.id` l’identifiant que portent les deux événements d’une requête"
        }
        InputShape::LabelValues => "écrivez les résultats sous la forme 0 et 1",
        InputShape::PaddedIds | InputShape::IdCase => "écrivez les mêmes identifiants des deux côtés",
        InputShape::RoundedIds => "écrivez les identifiants comme du texte, entre guillemets",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_names_place_line_appearance_and_remedy() {
        let loss = LostInput { place: "log/a.ndjson".to_owned(), line: Some(1), shape: InputShape::Utf16, more: 1 };
        assert_eq!(
            lost(&loss),
            "log/a.ndjson, ligne 1\u{a0}: on dirait du texte en UTF-16 (de même pour 1 autre fichier)\u{a0}; écrivez en \
             UTF-8 (`iconv -f UTF-16 -t UTF-8`), ou pour du CSV ajoutez `csv: {encoding: utf-16le}` à côté de `path`"
        );
    }
}
