//! SIGHUP: what a reload changes, and that an invalid config changes nothing.

use std::fs;

use super::process::{Daemon, eventually, logged};
use crate::support::{
    watched::{at, configure, day, watched},
    world::World,
};

#[test]
fn an_invalid_config_keeps_the_current_one() {
    let world = watched("");
    day(&world, 0, 120, 0);
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the first check is done", || logged(&world).contains("\"checked\""));
    let good = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file("vigie.yaml", good.replace("min_rows", "minrows"));
    daemon.signal("HUP");
    eventually("the invalid config is reported", || {
        logged(&world).contains("the new config is invalid; keeping the current one")
            && logged(&world).contains("did you mean `min_rows`?")
    });
    world.file("vigie.yaml", &good);
    daemon.signal("HUP");
    eventually("the valid config is loaded", || logged(&world).contains("config reloaded\""));
    assert_eq!(daemon.stop("TERM"), Some(0));
}

/// Changes take effect at once: a new model, token, address and reports folder.
#[test]
fn a_reload_changes_models_and_the_server() {
    let http = |listen: &str| format!("http: {{listen: \"{listen}\", token_file: token}}\n");
    let world = watched("");
    configure(&world, &http("127.0.0.1:0"));
    day(&world, 0, 120, 0);
    world.file("token", "first\n");
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    let reloads = || logged(&world).matches("config reloaded\"").count();
    let addresses = || served_addresses(&world);
    eventually("the server is up", || addresses().len() == 1);
    let page = "/reports/m/20261001T000000Z_20261002T000000Z/report.html";
    let here = addresses()[0].clone();
    eventually("the page is served", || get(&here, page, "first") == "HTTP/1.1 200 OK");
    // A new token at the same address.
    world.file("token", "second\n");
    daemon.signal("HUP");
    eventually("the config is reloaded", || reloads() == 1);
    eventually("the new token is accepted", || get(&here, page, "second") == "HTTP/1.1 200 OK");
    assert_eq!(get(&here, page, "first"), "HTTP/1.1 401 Unauthorized");
    // A missing token file makes the config invalid: the server keeps running as before.
    fs::remove_file(world.path("token")).unwrap();
    daemon.signal("HUP");
    eventually("the config is rejected", || logged(&world).contains("keeping the current one: http.token_file"));
    assert_eq!(get(&here, page, "second"), "HTTP/1.1 200 OK");
    world.file("token", "second\n");
    // A new reports folder, model and address.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    configure(&world, &http(&free));
    let config = fs::read_to_string(world.path("vigie.yaml")).unwrap();
    world.file(
        "vigie.yaml",
        config.replace("name: m", "name: other").replace("reports: {dir: reports}", "reports: {dir: elsewhere}"),
    );
    daemon.signal("HUP");
    eventually("the server is at the new address", || addresses().last().is_some_and(|address| *address == free));
    let page = page.replace("/m/", "/other/");
    eventually("the other model is checked", || get(&free, &page, "second") == "HTTP/1.1 200 OK");
    assert!(world.path("elsewhere/other").exists());
    eventually("the old address is closed", || get(&here, "/healthz", "second") == "refused");
    assert_eq!(daemon.stop("TERM"), Some(0));
}

/// If only the address changes, the running server blocks its own port. A failed change has no effect.
#[test]
fn a_reload_moves_the_server_to_another_address_on_its_port() {
    let http = |listen: &str| format!("http: {{listen: \"{listen}\", token_file: token}}\n");
    let world = watched("");
    world.file("token", "first\n");
    configure(&world, &http("127.0.0.1:0"));
    let now = at(1, 6).to_string();
    let mut daemon = Daemon::start(&world, &[("VIGIE_NOW", &now)]);
    eventually("the server is up", || served_addresses(&world).len() == 1);
    let narrow = served_addresses(&world)[0].clone();
    let port = narrow.rsplit(':').next().unwrap().to_owned();
    let (other_address, wide) = (format!("127.0.0.2:{port}"), format!("0.0.0.0:{port}"));
    // Another process holds the port at an address that the wildcard covers.
    let other = std::net::TcpListener::bind(&other_address).unwrap();
    world.file("token", "second\n");
    configure(&world, &http(&wide));
    daemon.signal("HUP");
    let refused = format!(
        "keeping the current one: http.listen: cannot bind {wide}: address already in use; choose another address or port"
    );
    eventually("the config is rejected", || logged(&world).contains(&refused));
    assert_eq!(get(&narrow, "/api/v1/models", "first"), "HTTP/1.1 200 OK");
    assert_eq!(get(&narrow, "/api/v1/models", "second"), "HTTP/1.1 401 Unauthorized");
    drop(other);
    daemon.signal("HUP");
    eventually("the server is at the wildcard address", || served_addresses(&world).last() == Some(&wide));
    for address in [&narrow, &other_address] {
        eventually("the new token is accepted", || get(address, "/api/v1/models", "second") == "HTTP/1.1 200 OK");
        assert_eq!(get(address, "/api/v1/models", "first"), "HTTP/1.1 401 Unauthorized");
    }
    // And back.
    configure(&world, &http(&narrow));
    daemon.signal("HUP");
    eventually("the other address is closed", || get(&other_address, "/healthz", "") == "refused");
    eventually("the server is at the first address", || get(&narrow, "/api/v1/models", "second") == "HTTP/1.1 200 OK");
    assert_eq!(daemon.stop("TERM"), Some(0));
}

/// Returns the addresses at which the server was started, from the log.
fn served_addresses(world: &World) -> Vec<String> {
    let log = logged(world);
    log.split("serving http://").skip(1).map(|rest| rest.split('/').next().unwrap().to_owned()).collect()
}

/// Returns the first line of the response.
fn get(address: &str, path: &str, token: &str) -> String {
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return "refused".to_owned() };
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut response = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut response);
    response.lines().next().unwrap_or("empty").to_owned()
}
