"""The official client's side of `real.rs`: registers models, and reads back what our client wrote.

Each command prints one JSON object as the last line of its output. The server is that of MLFLOW_TRACKING_URI.
"""

import hashlib
import json
import os
import pathlib
import sys
import tempfile

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature

IS_3 = int(mlflow.__version__.split(".")[0]) >= 3
ODD_NAME = "crédit v1.2 [x] 50% 'a'"
client = MlflowClient()


def rows():
    random = np.random.default_rng(7)
    data = pd.DataFrame({"EXT_SOURCE_3": random.random(400), "AMT CREDIT (€)": random.random(400) * 1e6})
    return data, (data["EXT_SOURCE_3"] + random.random(400) / 2 > 0.8).astype(int)


def log(module, model, run_name, **more):
    """Logs a model in a run of its own; returns the run and the model's address."""
    data, _ = rows()
    where = {"name": "model"} if IS_3 else {"artifact_path": "model"}
    with mlflow.start_run(run_name=run_name) as run:
        mlflow.set_tag("threshold_business", "0.42")
        info = module.log_model(model, signature=infer_signature(data, np.array([0, 1])), **where, **more)
    return run.info.run_id, info


def content(uri, folder):
    """All files of a model as the official client downloads them: path → sha-256."""
    target = pathlib.Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
    # The client writes `registered_model_meta` itself.
    files = (file for file in target.rglob("*") if file.is_file() and file.name != "registered_model_meta")
    return {str(file.relative_to(target)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def register():
    import lightgbm
    from sklearn.linear_model import LogisticRegression

    data, target = rows()
    models = []

    def add(name, module, model, flavor, file, **more):
        run_id, info = log(module, model, f"{name} {flavor}", **more)
        version = mlflow.register_model(info.model_uri, name)
        with tempfile.TemporaryDirectory() as folder:
            files = content(f"models:/{name}/{version.version}", folder)
        models.append({
            "name": name, "version": int(version.version), "run_id": run_id, "model_id": getattr(info, "model_id", None),
            "flavor": flavor, "file": file, "files": files, "inputs": list(data.columns),
        })

    mlflow.set_experiment("training")
    for trees in (5, 9):
        booster = lightgbm.train({"verbose": -1, "num_leaves": 4}, lightgbm.Dataset(data.to_numpy(), target), trees)
        add("credit-default", mlflow.lightgbm, booster, "lightgbm", "model.lgb")
    client.set_registered_model_alias("credit-default", "champion", "1")
    client.set_model_version_tag("credit-default", "1", "owner", "risk")
    linear = LogisticRegression().fit(data, target)
    add(ODD_NAME, mlflow.sklearn, linear, "sklearn", "model.skops" if IS_3 else "model.pkl")
    if IS_3:
        import catboost

        forest = catboost.CatBoostClassifier(iterations=5, verbose=False, allow_writing_files=False, train_dir=None)
        add("forest", mlflow.catboost, forest.fit(data, target), "catboost", "model.cb")
        add("pickled", mlflow.sklearn, linear, "sklearn", "model.pkl", serialization_format="cloudpickle")
    print(json.dumps({"models": models}))


def delete_experiment(name):
    client.delete_experiment(client.get_experiment_by_name(name).experiment_id)
    print("{}")


def read(experiment, name):
    """All runs of an experiment and the versions of a model, as the official client sees them."""
    found = client.get_experiment_by_name(experiment)
    runs = []
    for run in client.search_runs([found.experiment_id]):
        run_id = run.info.run_id
        # A run without files cannot be downloaded.
        with tempfile.TemporaryDirectory() as folder:
            files = content(f"runs:/{run_id}/", folder) if client.list_artifacts(run_id) else {}
        runs.append({
            "run_id": run_id, "name": run.info.run_name, "status": run.info.status, "start": run.info.start_time,
            "end": run.info.end_time, "metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags,
            "files": files,
            "history": [[p.step, p.timestamp, p.value] for p in client.get_metric_history(run_id, "drift/share")],
            "inputs": [m.model_id for m in client.get_run(run_id).inputs.model_inputs] if IS_3 else [],
        })
    model = client.get_registered_model(name)
    versions = []
    for version in client.search_model_versions(f"name='{name}'"):
        # Searches do not return the model's id, but the source has it.
        logged = client.get_logged_model(version.source.removeprefix("models:/")) if IS_3 else None
        with tempfile.TemporaryDirectory() as folder:
            files = content(f"models:/{name}/{version.version}", folder)
        versions.append({
            "version": int(version.version), "tags": version.tags, "files": files,
            "metrics": {m.key: m.value for m in logged.metrics or []} if logged else {},
        })
    print(json.dumps({
        "stage": found.lifecycle_stage, "runs": runs, "versions": versions,
        "aliases": {alias: int(version) for alias, version in model.aliases.items()},
    }))


def add_user(name, password):
    from mlflow.server import get_app_client

    get_app_client("basic-auth", tracking_uri=os.environ["MLFLOW_TRACKING_URI"]).create_user(name, password)
    client.create_registered_model("guarded")
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(**model_argument())
    mlflow.register_model(info.model_uri, "guarded")
    client.set_registered_model_alias("guarded", "champion", "1")
    print("{}")


def model_argument():
    from sklearn.linear_model import LogisticRegression

    data, target = rows()
    return {"sk_model": LogisticRegression().fit(data, target), "name": "model"}


def certificates(folder):
    """Writes ca.pem, server.pem, server.key and client.pem (certificate and key)."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = pathlib.Path(folder)
    now = datetime.datetime.now(datetime.timezone.utc)
    pem = serialization.Encoding.PEM

    def make(name, issuer=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_name, issuer_key = issuer or (subject, key)
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if issuer is None:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return subject, key, builder.sign(issuer_key, hashes.SHA256()).public_bytes(pem), secret

    subject, key, ca, _ = make("Test CA")
    _, _, server, server_key = make("localhost", (subject, key))
    _, _, own, own_key = make("vigie", (subject, key))
    (folder / "ca.pem").write_bytes(ca)
    (folder / "server.pem").write_bytes(server)
    (folder / "server.key").write_bytes(server_key)
    (folder / "client.pem").write_bytes(own + own_key)
    print("{}")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
