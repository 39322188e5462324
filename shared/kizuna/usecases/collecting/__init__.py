"""What clients send in: taken, admitted or kept out with a reason, and made durable."""
