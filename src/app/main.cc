// The command line: `alloy run|fmt|validate|...`.
int main() { return 0; }
