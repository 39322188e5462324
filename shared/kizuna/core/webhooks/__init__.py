"""What the company's own systems are told over HTTPS, by the rules of Standard Webhooks 1.0."""
