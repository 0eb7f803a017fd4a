//! Serves a folder of reports, as the daemon does: `cargo run --example serve -- reports 127.0.0.1:8787`.
//! With port 0, uses a free port. Prints the address on the first line.

use std::{env, error::Error, fs, sync::Arc};

use vigie::{
    report::Language,
    web::{DaemonStatus, State, serve},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let reports = arguments.next().unwrap_or_else(|| "reports".to_owned());
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8787".to_owned());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("http://{}/", listener.local_addr()?);
    let state = State {
        reports: fs::canonicalize(reports)?,
        language: Language::English,
        token: env::var("VIGIE_TOKEN").ok(),
        hosts: Vec::new(),
        status: Arc::new(DaemonStatus::default),
    };
    serve(listener, state, std::future::pending()).await?;
    Ok(())
}
