//! SIGHUP: what a config that is read again changes, and what a bad one does not.

use std::fs;

use super::process::{Daemon, eventually, said};
use crate::support::{
    watched::{at, configure, day, watched},
    world::World,
};

#[test]
fn a_bad_config_keeps_the_old_one() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("it watches", || said(&world).contains("\"checked\""));
    let good = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", good.replace("min_rows", "minrows"));
    daemon.signal("HUP");
    eventually("the bad config is named", || {
        said(&world).contains("is not good; the former one stays") && said(&world).contains("did you mean `min_rows`?")
    });
    world.file("vigie.yaml", &good);
    daemon.signal("HUP");
    eventually("the good one is taken", || said(&world).contains("the config was read again\""));
    assert_eq!(daemon.end("TERM"), Some(0));
}

/// What a reload changes holds at once: another model, another token, another address, another reports folder.
#[test]
fn a_reload_reaches_models_and_the_server() {
    let http = |listen: &str| format!("http: {{listen: \"{listen}\", token_file: token}}\n");
    let world = watched("");
    configure(&world, &http("127.0.0.1:0"));
    day(&world, 0, 120, 0);
    world.file("token", "first\n");
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let reloads = || said(&world).matches("the config was read again\"").count();
    let addresses = || addresses(&world);
    eventually("it serves", || addresses().len() == 1);
    let page = "/reports/m/20261001T000000Z_20261002T000000Z/report.html";
    let here = addresses()[0].clone();
    eventually("the page is there", || get(&here, page, "first") == "HTTP/1.1 200 OK");
    // Another token under the same address.
    world.file("token", "second\n");
    daemon.signal("HUP");
    eventually("it is read again", || reloads() == 1);
    eventually("the new token holds", || get(&here, page, "second") == "HTTP/1.1 200 OK");
    assert_eq!(get(&here, page, "first"), "HTTP/1.1 401 Unauthorized");
    // A token that is gone is a bad config: the server stays as it was.
    fs::remove_file(world.path("token")).unwrap();
    daemon.signal("HUP");
    eventually("it is refused", || said(&world).contains("is not good; the former one stays: http.token_file"));
    assert_eq!(get(&here, page, "second"), "HTTP/1.1 200 OK");
    world.file("token", "second\n");
    // Another folder of reports, another model, another address.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    configure(&world, &http(&free));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config.replace("name: m", "name: other").replace("reports: {dir: reports}", "reports: {dir: elsewhere}"),
    );
    daemon.signal("HUP");
    eventually("it serves there", || addresses().last().is_some_and(|address| *address == free));
    let page = page.replace("/m/", "/other/");
    eventually("the other model is looked at", || get(&free, &page, "second") == "HTTP/1.1 200 OK");
    assert!(world.path("elsewhere/other").exists());
    eventually("nobody is left at the former address", || get(&here, "/healthz", "second") == "nobody");
    assert_eq!(daemon.end("TERM"), Some(0));
}

/// The port stays, the address does not: the former server is in its own way. What cannot be had changes nothing.
#[test]
fn a_reload_moves_the_server_to_another_address_of_its_port() {
    let http = |listen: &str| format!("http: {{listen: \"{listen}\", token_file: token}}\n");
    let world = watched("");
    world.file("token", "first\n");
    configure(&world, &http("127.0.0.1:0"));
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("it serves", || addresses(&world).len() == 1);
    let narrow = addresses(&world)[0].clone();
    let port = narrow.rsplit(':').next().unwrap().to_owned();
    let (beside, wide) = (format!("127.0.0.2:{port}"), format!("0.0.0.0:{port}"));
    // Somebody else has the port at an address that the wide one covers.
    let other = std::net::TcpListener::bind(&beside).unwrap();
    world.file("token", "second\n");
    configure(&world, &http(&wide));
    daemon.signal("HUP");
    let refused = format!(
        "is not good; the former one stays: http.listen: {wide}: address already in use; choose another address or port"
    );
    eventually("it is refused", || said(&world).contains(&refused));
    assert_eq!(get(&narrow, "/api/v1/models", "first"), "HTTP/1.1 200 OK");
    assert_eq!(get(&narrow, "/api/v1/models", "second"), "HTTP/1.1 401 Unauthorized");
    drop(other);
    daemon.signal("HUP");
    eventually("it serves everywhere", || addresses(&world).last() == Some(&wide));
    for address in [&narrow, &beside] {
        eventually("the new token holds", || get(address, "/api/v1/models", "second") == "HTTP/1.1 200 OK");
        assert_eq!(get(address, "/api/v1/models", "first"), "HTTP/1.1 401 Unauthorized");
    }
    // And back.
    configure(&world, &http(&narrow));
    daemon.signal("HUP");
    eventually("it serves there only", || get(&beside, "/healthz", "") == "nobody");
    eventually("it serves here", || get(&narrow, "/api/v1/models", "second") == "HTTP/1.1 200 OK");
    assert_eq!(daemon.end("TERM"), Some(0));
}

/// Where it said that it serves.
fn addresses(world: &World) -> Vec<String> {
    let said = said(world);
    said.split("serving http://").skip(1).map(|rest| rest.split('/').next().unwrap().to_owned()).collect()
}

/// The first line of its answer.
fn get(address: &str, path: &str, token: &str) -> String {
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return "nobody".to_owned() };
    let ask = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, ask.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
    answer.lines().next().unwrap_or("nothing").to_owned()
}
