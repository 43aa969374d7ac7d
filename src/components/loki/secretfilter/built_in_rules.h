// The rules that are built in, in the format of a rule file: the forms that well-known services
// give their tokens, and a rule for what is assigned to something called a secret.
#pragma once

#include <string_view>

namespace alloy::loki::secretfilter {

inline constexpr std::string_view built_in_rules_text =
    R"TOML(
[allowlist]
regexes = ['(?i)^(?:true|false|null)$', '^\$(?:\d+|\{\d+\})$', '^\$\{?[A-Z_]+\}?)TOML"
    R"TOML($', '^\{\{.*\}\}$',
  '^(?:\*+|x+|X+|\.+|<.*>|REDACTED)$']

[[rules]]
id = "aws-access-token"
regex = '\b((?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b'
entropy = 3
keywords = ["a3t", "akia", "asia", "abia", "acca"]
[[rules.allowlists]]
regexes = ['.+EXAMPLE$']

[[rules]]
id = "azure-ad-client-secret"
regex = '''(?:^|[\s'"=:,(])([a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34})(?:$|[\s'",;)])'''
entropy = 3
keywords = ["q~"]

[[rules]]
id = "gcp-api-key"
regex = '\b(AIza[\w-]{35})(?:[^\w-]|$)'
entropy = 3
keywords = ["aiza"]

[[rules]]
id = "github-pat"
regex = 'ghp_[0-9a-zA-Z]{36}'
entropy = 3
keywords = ["ghp_"]

[[rules]]
id = "github-fine-grained-pat"
regex = 'github_pat_\w{82}'
entropy = 3
keywords = ["github_pat_"]

[[rules]]
id = "github-oauth"
regex = 'gho_[0-9a-zA-Z]{36}'
entropy = 3
keywords = ["gho_"]

[[rules]]
id = "github-app-token"
regex = '(?:ghu|ghs)_[0-9a-zA-Z]{36}'
entropy = 3
keywords = ["ghu_", "ghs_"]

[[rules]]
id = "github-refresh-token"
regex = 'ghr_[0-9a-zA-Z]{36}'
entropy = 3
keywords = ["ghr_"]

[[rules]]
id = "gitlab-pat"
regex = 'glpat-[\w-]{20}'
entropy = 3
keywords = ["glpat-"]

[[rules]]
id = "gitlab-runner-authentication-token"
regex = 'glrt-[0-9a-zA-Z_-]{20}'
entropy = 3
keywords = ["glrt-"]

[[rules]]
id = "gitlab-deploy-token"
regex = 'gldt-[0-9a-zA-Z_-]{20}'
entropy = 3
keywords = ["gldt-"]

[[rules]]
id = "grafana-api-key"
regex = '\b(eyJrIjoi[A-Za-z0-9]{70,400}={0,3})'
entropy = 3
keywords = ["eyjrijoi"]

[[rules]]
id = "grafana-cloud-api-token"
regex = '\b(glc_[A-Za-z0-9+/]{32,400}={0,3})'
entropy = 3
keywords = ["glc_"]

[[rules]]
id = "grafana-service-account-token"
regex = '\b(glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})\b'
entropy = 3
keywords = ["glsa_"]

[[rules]]
id = "slack-bot-token"
regex = 'xoxb-[0-9]{10,13}-[0-9]{10,13}[a-zA-Z0-9-]*'
entropy = 3
keywords = ["xoxb"]

[[rules]]
id = "slack-user-token"
regex = 'xox[pe](?:-[0-9]{10,13}){3}-[a-zA-Z0-9-]{28,34}'
entropy = 2
keywords = ["xoxp-", "xoxe-"]

[[rules]]
id = "slack-app-token"
regex = '(?i)xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+'
entropy = 2
keywords = ["xapp"]

[[rules]]
id = "slack-webhook-url"
regex = '(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z)TOML"
    R"TOML(0-9+/]{43,56}'
keywords = ["hooks.slack.com"]

[[rules]]
id = "stripe-access-token"
regex = '\b((?:sk|rk)_(?:test|live|prod)_[a-zA-Z0-9]{10,99})\b'
entropy = 2
keywords = ["sk_test", "sk_live", "sk_prod", "rk_test", "rk_live", "rk_prod"]

[[rules]]
id = "twilio-api-key"
regex = 'SK[0-9a-fA-F]{32}'
entropy = 3
keywords = ["sk"]

[[rules]]
id = "sendgrid-api-token"
regex = '\b(SG\.[a-zA-Z0-9_.=-]{66})'
entropy = 2
keywords = ["sg."]

[[rules]]
id = "mailgun-private-api-token"
regex = '\b(key-[a-f0-9]{32})\b'
entropy = 3
keywords = ["key-"]

[[rules]]
id = "npm-access-token"
regex = '\b(npm_[a-zA-Z0-9]{36})\b'
entropy = 2
keywords = ["npm_"]

[[rules]]
id = "pypi-upload-token"
regex = 'pypi-AgEIcHlwaS5vcmc[\w-]{50,1000}'
entropy = 3
keywords = ["pypi-ageichlwas5vcmc"]

[[rules]]
id = "rubygems-api-token"
regex = '\b(rubygems_[a-f0-9]{48})\b'
entropy = 2
keywords = ["rubygems_"]

[[rules]]
id = "openai-api-key"
regex = '\b(sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{58,74}T3BlbkFJ[A-Za-z0-9_)TOML"
    R"TOML(-]{58,74}|[a-zA-Z0-9]{20}T3BlbkFJ[a-zA-Z0-9]{20}))'
entropy = 3
keywords = ["t3blbkfj"]

[[rules]]
id = "anthropic-api-key"
regex = '\b(sk-ant-api03-[a-zA-Z0-9_-]{93}AA)'
keywords = ["sk-ant-api03"]

[[rules]]
id = "huggingface-access-token"
regex = '\b(hf_[a-zA-Z]{34})\b'
entropy = 2
keywords = ["hf_"]

[[rules]]
id = "digitalocean-pat"
regex = '\b(dop_v1_[a-f0-9]{64})\b'
entropy = 3
keywords = ["dop_v1_"]

[[rules]]
id = "hashicorp-tf-api-token"
regex = '(?i)[a-z0-9]{14}\.atlasv1\.[a-z0-9=_-]{60,70}'
entropy = 3.5
keywords = ["atlasv1"]

[[rules]]
id = "vault-service-token"
regex = '\b((?:hvs\.[\w-]{90,120}|s\.[a-zA-Z0-9]{24}))(?:[^\w-]|$)'
entropy = 3.5
keywords = ["hvs.", "s."]

[[rules]]
id = "vault-batch-token"
regex = '\b(hvb\.[\w-]{138,300})'
entropy = 4
keywords = ["hvb."]

[[rules]]
id = "shopify-access-token"
regex = 'shpat_[a-fA-F0-9]{32}'
entropy = 2
keywords = ["shpat_"]

[[rules]]
id = "telegram-bot-api-token"
regex = '(?i)(?:telegr|bot)[^\n]{0,40}?\b([0-9]{5,16}:A[a-z0-9_-]{34})(?:[^\w-]|$)'
keywords = ["telegr", "bot"]

[[rules]]
id = "databricks-api-token"
regex = '\b(dapi[a-f0-9]{32}(?:-\d)?)\b'
entropy = 3
keywords = ["dapi"]

[[rules]]
id = "linear-api-key"
regex = 'lin_api_(?i)[a-z0-9]{40}'
entropy = 2
keywords = ["lin_api_"]

[[rules]]
id = "new-relic-user-api-key"
regex = '\b(NRAK-[A-Z0-9]{27})\b'
keywords = ["nrak"]

[[rules]]
id = "dynatrace-api-token"
regex = 'dt0c01\.(?i)[a-z0-9]{24}\.[a-z0-9]{64}'
entropy = 4
keywords = ["dt0c01."]

[[rules]]
id = "jwt"
regex = '\b(ey[a-zA-Z0-9]{17,}\.ey[a-zA-Z0-9/\\_-]{17,}\.(?:[a-zA-Z0-9/\\_-]{10,}={0,2})?)'
entropy = 3
keywords = ["ey"]

[[rules]]
id = "private-key"
regex = '(?i)-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----[\s\S-]{64,})TOML"
    R"TOML(?KEY(?: BLOCK)?-----'
keywords = ["-----begin"]

[[rules]]
id = "age-secret-key"
regex = 'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'
keywords = ["age-secret-key-1"]

[[rules]]
id = "curl-auth-user"
regex = '''\bcurl\b[^\n]{0,200}?(?:-u|--user)[ =]+["']?([^\s:"']{2,}:[^\s"']{3,})'''
entropy = 2
keywords = ["curl"]

[[rules]]
id = "generic-api-key"
regex = '''(?i)[\w.-]{0,50}?(?:access|auth|api|credential|creds|key|passw(?:or)?)TOML"
    R"TOML(d|secret|token)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>)TOML"
    R"TOML(|\?=|,)[\x60'"\s=]{0,5}([\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,}={0,3})TOML"
    R"TOML()(?:[\x60'"\s;]|\\[nr]|$)'''
entropy = 3.5
keywords = ["access", "auth", "api", "credential", "creds", "key", "passw", "sec)TOML"
    R"TOML(ret", "token"]
[[rules.allowlists]]
regexes = ['^[a-zA-Z_.-]+$']
)TOML";

}  // namespace alloy::loki::secretfilter
