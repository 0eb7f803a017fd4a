//! What findings about money and segments say in French: every number of the English sentence, in the same order.

use serde_json::Value;

use crate::{
    story::performance::{LABELS, LEARN, check, scored, world},
    support::{draw::Draw, world::World},
};

/// The numbers of a sentence, English or French, as they are read: `1,234.5 %` and `1 234,5 %` are `1234.5`.
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

/// The finding's sentence on the French page, from its first words on: the one that names its limit, as the headline does not.
#[track_caller]
fn sentence(page: &str, opening: &str) -> String {
    // Powers of ten stand in a span of their own.
    let page = page.replace("1 000", "1\u{a0}000").replace("<span class=\"u\">", "").replace("</span>", "");
    let texts = page.split('>').filter_map(|text| text.split('<').next()?.split_once(opening));
    let found = texts.map(|(_, rest)| format!("{opening}{}", rest.replace("&#60;", "<")));
    let mut found = found.filter(|text| text.contains(" (q ") || text.contains(", q "));
    found.next().unwrap_or_else(|| panic!("no sentence «{opening}» on the page"))
}

/// The finding of a test says the same in both languages.
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
fn what_is_expected_without_labels_is_said_in_french() {
    let caution = "si les scores veulent toujours dire ce qu’ils voulaient dire dans la référence";
    // Nearly refused, all of them: dear, and hard to tell apart.
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
            &["pour 1\u{a0}000 lignes (référence", caution, "alarme à partir de"],
        ),
    );
    same(&report, &page, "auc", (Some(false), "l’AUC attendue a baissé de", &["(référence", caution, "à partir de"]));
}

#[test]
fn what_labels_say_is_said_in_french() {
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
            "le coût des décisions, d’après leurs étiquettes, a augmenté de",
            &["pour 1\u{a0}000 lignes (référence", "alarme à partir de"],
        ),
    );
    same(
        &report,
        &page,
        "auc",
        (Some(true), "l’AUC, d’après les lignes étiquetées, a baissé de", &["(référence", "alarme à partir de"]),
    );
    for words in ["Calibration : ce qui était annoncé, ce qui s’est réalisé", "score moyen", "réalisé"] {
        assert!(page.replace(['\u{a0}', '\u{202f}'], " ").contains(words), "{words}");
    }
}

#[test]
fn what_segments_say_is_said_in_french() {
    let world = crate::story::segments::unequal();
    let report = check(&world);
    let page = french(&world);
    same(
        &report,
        &page,
        "segment_score",
        (None, "le score de ses", &["s’est éloigné de celui du même segment dans la référence", "part refusée"]),
    );
    same(&report, &page, "disparity", (None, "il est accepté", &["fois aussi souvent que « sex = F »", "sous 0,8"]));
}
