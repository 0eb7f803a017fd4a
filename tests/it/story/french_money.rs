//! French findings about costs and segments have the same numbers as the English sentence, in the same order.

use serde_json::Value;

use crate::{
    story::performance::{LABELS, LEARN, check, scored, world},
    support::{draw::Draw, world::World},
};

/// Numbers of an English or French sentence: `1,234.5%` and `1 234,5%` are both `1234.5`.
fn numbers(sentence: &str, is_french: bool) -> Vec<String> {
    let spaces = ['\u{a0}', '\u{202f}'];
    let characters: Vec<char> = sentence.chars().collect();
    let mut found: Vec<String> = Vec::new();
    let mut is_inside = false;
    for (place, one) in characters.iter().enumerate() {
        let before_digit = characters.get(place + 1).is_some_and(char::is_ascii_digit);
        match one {
            '0'..='9' if is_inside => found.last_mut().unwrap().push(*one),
            '0'..='9' => {
                found.push(one.to_string());
                is_inside = true;
            }
            ',' if is_french && is_inside && before_digit => found.last_mut().unwrap().push('.'),
            '.' if !is_french && is_inside && before_digit => found.last_mut().unwrap().push('.'),
            ',' if !is_french && is_inside && before_digit => {}
            one if is_french && is_inside && before_digit && spaces.contains(one) => {}
            _ => is_inside = false,
        }
    }
    found
}

/// The page of the first day, in French.
fn french(world: &World) -> String {
    let config = std::fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", config.replace("reports: {dir: reports}", "reports: {dir: reports, language: fr}"));
    check(world);
    std::fs::read_to_string(world.path("reports/m/20261001T000000Z_20261002T000000Z/report.html")).unwrap()
}

/// The finding's sentence on the French page that begins with `opening`: the one with the limit, not the headline.
#[track_caller]
fn sentence(page: &str, opening: &str) -> String {
    // Powers of ten have their own span.
    let page = page.replace("<span class=\"u\">", "").replace("</span>", "");
    let texts = page.split('>').filter_map(|text| text.split('<').next()?.split_once(opening));
    let found = texts.map(|(_, rest)| format!("{opening}{}", rest.replace("&#60;", "<")));
    let mut found = found.filter(|text| text.contains(" (q ") || text.contains(", q "));
    found.next().unwrap_or_else(|| panic!("no sentence «{opening}» on the page"))
}

/// Asserts that the finding of a test says the same in both languages.
#[track_caller]
fn same(report: &Value, page: &str, test: &str, (by_labels, opening, words): (Option<bool>, &str, &[&str])) {
    let findings = report["verdict"]["findings"].as_array().unwrap();
    let found = findings.iter().find(|one| {
        one["test"] == test && by_labels.is_none_or(|by| one["by_labels"].as_bool().unwrap_or(false) == by)
    });
    let found = found.unwrap_or_else(|| panic!("no finding of {test} in {findings:?}"));
    let english = found["reason"].as_str().unwrap();
    let french = sentence(page, opening);
    assert_eq!(numbers(&french, true), numbers(english, false), "{french}\n{english}");
    assert!(numbers(english, false).len() >= 4, "{english}");
    for word in words {
        assert!(french.contains(word), "{word}: {french}");
    }
}

fn labels(world: &World, rows: &[(f64, bool)]) {
    let each = rows.iter().enumerate().map(|(number, (_, is))| format!("r{number},{}\n", u8::from(*is)));
    world.file("labels/a.csv", format!("id,y\n{}", each.collect::<String>()));
}

#[test]
fn estimates_without_labels_are_worded_in_french() {
    let caution = "à supposer que les scores aient gardé le même sens que dans la référence";
    // All scores are just below the threshold: expensive, and hard to rank.
    let rows: Vec<(f64, bool)> = scored(4_000, 53).iter().map(|(score, is)| (0.2 + score * 0.095, *is)).collect();
    let world = world(&rows, "");
    let report = check(&world);
    let page = french(&world);
    same(
        &report,
        &page,
        "cost",
        (
            Some(false),
            "le coût attendu des décisions a augmenté de",
            &["pour 1\u{202f}000 lignes (référence", caution, "alarme à partir de"],
        ),
    );
    same(&report, &page, "auc", (Some(false), "l’AUC attendue a baissé de", &["(référence", caution, "à partir de"]));
}

#[test]
fn label_findings_are_worded_in_french() {
    let mut draw = Draw::seeded(51);
    let rows: Vec<(f64, bool)> = scored(4_000, 52)
        .into_iter()
        .map(|(score, is)| (score, if draw.chance(0.5) { draw.chance(0.4) } else { is }))
        .collect();
    let world = world(&rows, LABELS);
    world.vigie(&LEARN).ok();
    labels(&world, &rows);
    let report = check(&world);
    let page = french(&world);
    same(
        &report,
        &page,
        "cost",
        (
            Some(true),
            "le coût des décisions étiquetées a augmenté de",
            &["pour 1\u{202f}000 lignes (référence", "alarme à partir de"],
        ),
    );
    same(
        &report,
        &page,
        "auc",
        (Some(true), "l’AUC des lignes étiquetées a baissé de", &["(référence", "alarme à partir de"]),
    );
    for words in ["Calibration : prévu et observé", "score moyen", "taux observé"] {
        assert!(page.replace(['\u{a0}', '\u{202f}'], " ").contains(words), "{words}");
    }
}

#[test]
fn segment_findings_are_worded_in_french() {
    let world = crate::story::segments::unequal();
    let report = check(&world);
    let page = french(&world);
    same(
        &report,
        &page,
        "segment_score",
        (None, "le score de ses", &["s’est éloigné de celui du même segment dans la référence", "taux de refus"]),
    );
    same(
        &report,
        &page,
        "disparity",
        (None, "taux d’acceptation égal à", &["fois celui de «\u{a0}sex = F\u{a0}»", "sous 0,8"]),
    );
}
