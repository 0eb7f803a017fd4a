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


def log(module, model, run_name, data=None, **more):
    """Logs a model in a run of its own; returns the run and the model's address."""
    data = rows()[0] if data is None else data
    # Otherwise a process of its own finds them out.
    more.setdefault("pip_requirements", ["mlflow"])
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


def flavor_models(version, data, target):
    """A model of each flavour, larger in version 2: name, module, model, probabilities of its own library, more arguments."""
    import catboost
    import lightgbm
    import onnxruntime
    import skl2onnx
    import xgboost
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    trees = 6 * version
    quiet = {"verbose": False, "allow_writing_files": False}
    forest = catboost.CatBoostClassifier(iterations=trees, depth=4, **quiet).fit(data, target)
    yield "catboost", mlflow.catboost, forest, forest.predict_proba(data)[:, 1], {}
    booster = lightgbm.train({"verbose": -1, "objective": "binary"}, lightgbm.Dataset(data, target), trees)
    yield "lightgbm", mlflow.lightgbm, booster, booster.predict(data), {}
    boosted = xgboost.XGBClassifier(n_estimators=trees, max_depth=4).fit(data, target)
    yield "xgboost", mlflow.xgboost, boosted, boosted.predict_proba(data)[:, 1], {}
    linear = LogisticRegression(C=1 / version).fit(data, target)
    yield "sklearn", mlflow.sklearn, linear, linear.predict_proba(data)[:, 1], {}
    stumps = GradientBoostingClassifier(n_estimators=trees, random_state=1).fit(data.to_numpy(), target)
    inputs = [("X", skl2onnx.common.data_types.FloatTensorType([None, data.shape[1]]))]
    converted = skl2onnx.to_onnx(stumps, initial_types=inputs, options={id(stumps): {"zipmap": False}})
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    probabilities = session.run(None, {"X": data.to_numpy(np.float32)})[1][:, 1]
    yield "onnx", mlflow.onnx, converted, probabilities, {}


def log_skops(model, run_name):
    """A scikit-learn model without a pickle, which the flavour of MLflow 2 cannot write."""
    import skops.io
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_name=run_name) as run:
        skops.io.dump(model, f"{folder}/model.skops")
        described = Model(artifact_path="model", run_id=run.info.run_id)
        described.add_flavor("sklearn", pickled_model="model.skops", serialization_format="skops")
        described.save(f"{folder}/MLmodel")
        mlflow.log_artifacts(folder, "model")
    return f"runs:/{run.info.run_id}/model"


def flavors(folder):
    """Registers V1 and V2 of each flavour; writes the rows, and returns the probabilities of each library."""
    random = np.random.default_rng(3)
    # Values that 32-bit floats have, because that is how a service calls ONNX.
    data = pd.DataFrame({f"EXT_{i}": random.random(300).astype(np.float32).astype(float) for i in range(1, 5)})
    target = (data["EXT_1"] + data["EXT_2"] * data["EXT_3"] + random.random(300) / 3 > 0.9).astype(int)
    data.to_csv(f"{folder}/rows.csv", index=False)
    models = []
    mlflow.set_experiment("flavours")
    for version in (1, 2):
        for flavor, module, model, probabilities, more in flavor_models(version, data, target):
            name = f"credit {flavor}"
            if flavor == "sklearn" and not IS_3:
                uri = log_skops(model, f"{name} {version}")
            else:
                uri = log(module, model, f"{name} {version}", data, **more)[1].model_uri
            made = mlflow.register_model(uri, name)
            client.set_registered_model_alias(name, "champion", made.version)
            models.append({
                "name": name, "flavor": flavor, "version": int(made.version),
                "probabilities": [float(p) for p in probabilities],
            })
    print(json.dumps({"models": models}))


def example(file, rows_file, folder):
    """Registers the model in a CatBoost file as credit-default@champion, and downloads it again."""
    import catboost

    forest = catboost.CatBoostClassifier().load_model(file)
    data = pd.read_parquet(rows_file).head(100)[forest.feature_names_]
    mlflow.set_experiment("training")
    run_id, info = log(mlflow.catboost, forest, "training", data)
    version = mlflow.register_model(info.model_uri, "credit-default").version
    client.set_registered_model_alias("credit-default", "champion", version)
    print(json.dumps({
        "version": int(version), "model_id": info.model_id, "run_id": run_id,
        "experiment_id": client.get_run(run_id).info.experiment_id,
        "file": f"{mlflow.artifacts.download_artifacts(info.model_uri, dst_path=folder)}/model.cb",
    }))


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
